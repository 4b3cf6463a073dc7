"""/health and /readyz: what a load balancer and the supervisor are told."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from callcenter import health
from callcenter.models import DataRoot
from telephony import live

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "_shares_data_root", False)


@pytest.fixture
def draining(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_draining", False)  # put back when the test ends
    live.start_draining()


@pytest.mark.parametrize("path", ["/health", "/health/"])
def test_health_asks_nobody(client: Client, path: str, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        response = client.get(path)
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_ready(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


def test_not_ready_while_draining(client: Client, draining: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["reasons"] == ["The server is stopping."]
    assert client.get("/health").status_code == 200


def test_not_ready_before_the_migrations(client: Client) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="callcenter").delete()
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "manage.py migrate" in response.json()["reasons"][0]


def test_not_ready_beside_another_folder(client: Client) -> None:
    DataRoot.objects.create(folder_id="of-another-folder")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "write of-another-folder into" in response.json()["reasons"][0]
