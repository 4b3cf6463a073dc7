"""Signing in with a password, on the sign-in page and the admin's, with a brake on guessing.

The guesses are counted in the shared cache. While it is away nobody is kept out: signing in needs no Redis.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any, Final

from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.forms import AuthenticationForm
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

WINDOW_S: Final = 15 * 60
MOST_FROM_ONE_ADDRESS: Final = 5
MOST_FROM_ANYWHERE: Final = 50
"""For a guesser of many addresses. It is higher because whoever reaches it keeps the person out too."""

_LOCKED = (
    "Too many wrong passwords. Wait a quarter of an hour, or make a sign-in link on the server with "
    "“python manage.py sign_in_link”."
)


class SignInForm(AuthenticationForm):
    """Looks at no password any more once too many were tried for this user name."""

    def clean(self) -> dict[str, Any]:
        """Count before looking, so that guesses that come together are all counted."""
        here, anywhere = _keys(self.request, self.cleaned_data.get("username", ""))
        from_anywhere, from_here = _counted(anywhere), _counted(here)
        if from_here > MOST_FROM_ONE_ADDRESS or from_anywhere > MOST_FROM_ANYWHERE:
            raise ValidationError(_LOCKED, code="too_many_guesses")
        cleaned = super().clean()
        _forget(here)
        return cleaned


class AdminSignInForm(SignInForm, AdminAuthenticationForm):
    """The same for staff."""


def _keys(request: HttpRequest | None, username: str) -> tuple[str, str]:
    """Where guesses of this user name are counted: those from one address, and all."""
    texts = (f"{username}\0{_address(request)}", username)
    here, anywhere = (f"password-guesses-{hashlib.sha256(text.encode()).hexdigest()}" for text in texts)
    return here, anywhere


def _address(request: HttpRequest | None) -> str:
    """Who asks: the peer; in production, where that is our proxy, whom the proxy names last."""
    if request is None:
        return ""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.PRODUCTION else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def _counted(key: str) -> int:
    """One guess more; how many there were in this window with it."""
    try:
        cache.add(key, 0, timeout=WINDOW_S)
        return cache.incr(key)
    except ValueError:  # the window ended between the two
        return 1
    except (OSError, RedisError) as error:
        logger.warning("guesses of passwords are not counted: %s", type(error).__name__)
        return 0


def _forget(key: str) -> None:
    try:
        cache.delete(key)
    except (OSError, RedisError) as error:
        logger.warning("guesses of passwords are not counted: %s", type(error).__name__)
