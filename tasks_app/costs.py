"""What a call costs: what was used of each thing, times its price. An unknown price is never taken for 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import ceil
from typing import Final

CURRENCY: Final = "USD"
_SMALLEST: Final = Decimal("0.000001")

MINUTE, MILLION_TOKENS = "minute", "million tokens"


@dataclass(frozen=True, slots=True)
class Price:
    """One row of the price table: US dollars for one `unit`, said by `source` on `as_of` (ISO date; "": undated)."""

    key: str
    unit: str
    usd: Decimal
    source: str
    as_of: str


PriceTable = Mapping[str, Price]


@dataclass(frozen=True, slots=True)
class Used:
    """So much of one thing: `quantity` in `unit`, None where nobody knows how much; `key` finds its price."""

    name: str
    label: str
    key: str
    unit: str
    quantity: Decimal | None
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """One line of the bill. `amount` is at list price, in dollars; None: unknown."""

    name: str
    label: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal | None
    simulated: bool
    price_as_of: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What is paid. `total` is at least this much where `unknown` names parts without a price."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> Decimal:
        """Of the known parts that somebody is billed for."""
        return _sum(part for part in self.parts if not part.simulated)

    @property
    def at_list_price(self) -> Decimal:
        """Of all known parts, as if nothing had been simulated."""
        return _sum(self.parts)

    @property
    def unknown(self) -> list[str]:
        """The names of the billed parts whose amount nobody knows."""
        return list(
            dict.fromkeys(part.name for part in self.parts if part.amount is None and not part.simulated)
        )

    @property
    def complete(self) -> bool:
        return not self.unknown

    @property
    def simulated(self) -> bool:
        """Whether there were parts, and nobody is billed for any."""
        return bool(self.parts) and all(part.simulated for part in self.parts)

    @property
    def prices_as_of(self) -> str | None:
        """The date of the oldest price in it."""
        return min((part.price_as_of for part in self.parts if part.price_as_of), default=None)


def cost_of(used: Iterable[Used], prices: PriceTable) -> Cost:
    """The bill for what was used."""
    return Cost(tuple(_part(thing, prices.get(thing.key)) for thing in used))


def added(costs: Sequence[Cost]) -> Cost:
    """Several bills as one."""
    return Cost(tuple(part for cost in costs for part in cost.parts))


def started_minutes(seconds: float) -> Decimal:
    """As telephone companies count: a minute that has begun is a whole one, and the first begins with the answer."""
    return Decimal(max(1, ceil(seconds / 60)))


def minutes(seconds: float) -> Decimal:
    """To the second."""
    return (Decimal(round(seconds)) / 60).quantize(_SMALLEST)


def million_tokens(tokens: int) -> Decimal:
    return Decimal(tokens) / 1_000_000


def _part(thing: Used, price: Price | None) -> Part:
    if price is not None and price.unit != thing.unit:
        raise ValueError(f"{price.key} is priced per {price.unit}, and counted per {thing.unit}")
    amount = None
    if price is not None and thing.quantity is not None:
        amount = (thing.quantity * price.usd).quantize(_SMALLEST)
    return Part(
        name=thing.name,
        label=thing.label,
        quantity=thing.quantity,
        unit=thing.unit,
        unit_price=price.usd if price else None,
        amount=amount,
        simulated=thing.simulated,
        price_as_of=price.as_of if price else "",
    )


def _sum(parts: Iterable[Part]) -> Decimal:
    return sum((part.amount for part in parts if part.amount is not None), Decimal(0))
