"""A data root of its own, and who asks: alice and bob are ordinary users, root sees everything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings
from rest_framework.test import APIClient

from callcenter.models import ApiKey
from telemetry import record
from telemetry.record import flush
from tests.telemetry.events import PATIENCE_S


@pytest.fixture
def events_file(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Where events go."""
    flush(PATIENCE_S)
    settings.DATA_ROOT = tmp_path
    settings.LOG_NOISY_EVENTS_EVERY_N = 120
    yield tmp_path / record.FILE_NAME
    flush(PATIENCE_S)


def with_key(user: User) -> APIClient:
    """A program with this user's API key."""
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {ApiKey.issue(owner=user, name='test')[1]}")
    return client


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice")


@pytest.fixture
def bob(db: None) -> User:
    return User.objects.create_user("bob", is_staff=True)


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root")
