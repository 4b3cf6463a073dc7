"""How values are shown on every page: numbers, durations, moments, and what became of tasks and calls."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, NamedTuple

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tasks_app.clock_time import clock_time
from tasks_app.costs import Cost
from telephony import policy
from telephony.ended_reasons import ENDED_REASONS

register = template.Library()


class Look(NamedTuple):
    """A glyph and a word: the meaning never hangs on colour."""

    glyph: str
    word: str


STATUSES: Final = {
    "pending": Look("○", "Not called yet"),
    "dialing": Look("◔", "Dialling"),
    "active": Look("●", "On the phone"),
    "ended": Look("■", "Ended"),
    "failed": Look("✕", "Not reached"),
}
OUTCOMES: Final = {
    "unknown": Look("–", "Not known"),
    "success": Look("✓", "Achieved"),
    "partial": Look("◐", "Partly achieved"),
    "failed": Look("✕", "Not achieved"),
    "walkaway": Look("↩", "Walked away"),
}
TASK_TYPES: Final = {
    "bill_reduction": "Bill reduction",
    "price_negotiation": "Price negotiation",
    "custom": "Other errand",
}


@register.filter
def phone_national(number: str) -> str:
    """`(202) 555-0123`, as people of the number's country write it."""
    return policy.national(number)


@register.filter
def phone_country(number: str) -> str:
    """The ISO code of the number's country, `US`; empty when it has none."""
    return policy.country(number)


@register.filter
def duration(seconds: float | None) -> str:
    """`4:07`, or `1:02:30` from an hour on; a dash when there is none."""
    return "–" if seconds is None else clock_time(round(seconds))


@register.filter
def day_and_time(moment: datetime) -> str:
    """`Sunday 19:10 EST`, in the moment's own zone."""
    return moment.strftime("%A %H:%M %Z")


@register.filter
def task_type_word(task_type: str) -> str:
    """`Bill reduction`."""
    return TASK_TYPES.get(task_type, task_type)


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """A task's status."""
    return _badge(status, STATUSES.get(status, Look("?", status)))


@register.simple_tag
def outcome_badge(outcome: str) -> SafeString:
    """What a task achieved."""
    return _badge(outcome, OUTCOMES.get(outcome, Look("?", outcome)))


@register.filter
def ended_in_words(reason: str) -> str:
    """The sentence of an ended reason; the reason itself when it is none of ours."""
    return ENDED_REASONS[reason].sentence if reason in ENDED_REASONS else reason


@register.simple_tag
def cost_tag(cost: Cost) -> SafeString:
    """What was billed: a dash for nothing used, at least so much where a price is unknown."""
    if not cost.parts:
        return SafeString("–")
    if cost.simulated:
        return format_html(
            '<span title="Simulated: nobody is billed. So much at list prices.">$0.00 <small>list {}</small></span>',
            _cents(cost.at_list_price),
        )
    if cost.complete:
        return format_html("<span>{}</span>", _cents(cost.total))
    least = f"≥ {_cents(cost.total)}" if cost.total else "unknown"
    return format_html('<span title="Price not known: {}">{}</span>', ", ".join(cost.unknown), least)


@register.simple_tag
def time_tag(moment: datetime | None) -> SafeString:
    """A moment with its zone; the page's script turns it into how long ago, and keeps the moment on hover."""
    if moment is None:
        return SafeString("–")
    moment = moment.astimezone(UTC)
    shown = moment.strftime("%Y-%m-%d %H:%M UTC")
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(timespec="seconds"),
        shown,
        shown,
    )


def _badge(name: str, look: Look) -> SafeString:
    return format_html(
        '<span class="badge" data-status="{}"><span class="glyph" aria-hidden="true">{}</span>{}</span>',
        name,
        *look,
    )


def _cents(amount: Decimal) -> str:
    """To the cent, so that a column of them can be compared."""
    return "under $0.01" if 0 < amount < Decimal("0.01") else f"${amount:.2f}"
