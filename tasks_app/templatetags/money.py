"""How amounts are shown."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def dollars(amount: Decimal) -> str:
    """`$1.25`; below a dollar as many digits as say something: `$0.014`."""
    if amount >= 1 or amount == 0:
        return f"${amount:.2f}"
    return (
        f"${amount.quantize(Decimal('0.0001')).normalize():f}" if amount >= Decimal("0.0001") else "< $0.0001"
    )


@register.filter
def quantity(amount: Decimal) -> str:
    """`2`, `0.57`, `0.0012`: no more digits than say something."""
    return f"{float(amount):.3g}"
