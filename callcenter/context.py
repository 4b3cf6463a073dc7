"""What every template may show."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest

THEMES = ("light", "dark")


def product(request: HttpRequest) -> dict[str, object]:
    """`simulated`: no telephone rings. `theme`: what the reader chose, "" for their system's."""
    theme = request.COOKIES.get("theme", "")
    return {"simulated": settings.SIMULATED, "theme": theme if theme in THEMES else ""}
