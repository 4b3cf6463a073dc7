"""The first account of an installation, its API key and its way in."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.urls import reverse

from callcenter.models import ApiKey, SignInLink

OWNER = "owner"


def ensure_owner() -> tuple[User, bool]:
    """The owner's account, and whether it was made just now. It has no password: a link signs it in."""
    owner, created = User.objects.get_or_create(
        username=OWNER, defaults={"is_staff": True, "is_superuser": True, "password": make_password(None)}
    )
    return owner, created


def ensure_api_key(owner: User, data_root: Path) -> Path:
    """The file that holds a working API key of the owner's, mode 0600; a new key when there is none."""
    path = data_root / "api-key"
    if not path.exists() or ApiKey.find(path.read_text().strip()) is None:
        _, text = ApiKey.issue(owner=owner, name="first key")
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(f"{text}\n")
        path.chmod(0o600)
    return path


def sign_in_url(user: User) -> str:
    """A link that signs `user` in once, within a day."""
    base = settings.PUBLIC_BASE_URL or local_url()
    return f"{base}{reverse('sign-in-link', args=[SignInLink.issue(user)])}"


def local_url() -> str:
    """Where this machine itself reaches the web server."""
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.HOST, settings.HOST)  # noqa: S104
    return f"http://{host}:{settings.PORT}"
