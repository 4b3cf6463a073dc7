"""How amounts are shown."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from django import template

register = template.Library()

_LEAST: Final = Decimal("0.0001")


@register.filter
def dollars(amount: Decimal) -> str:
    """`$1.25`; below a dollar with four decimals, `$0.0140`, so that the parts of a bill can be compared."""
    if amount >= 1 or amount == 0:
        return f"${amount:.2f}"
    if amount < _LEAST:
        return f"< ${_LEAST}"
    return f"${amount:.4f}"


@register.filter
def quantity(amount: Decimal) -> str:
    """`2`, `0.57`, `0.0012`: no more digits than say something."""
    return f"{float(amount):.3g}"
