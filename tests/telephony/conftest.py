"""What tests of whole calls share: an account at Twilio, and our server on a port."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from telephony import live
from tests.telephony.account import Account, open_account
from tests.telephony.media_client import running_server
from tests.waiting import until


@pytest.fixture
def account(settings: Settings) -> Iterator[Account]:
    """Twilio's REST API, and this server configured for it."""
    with open_account(settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where our server listens."""
    with running_server() as port:
        yield port


@pytest.fixture
def calls_without_agent(settings: Settings, tmp_path: Path, account: Account) -> Iterator[None]:
    """Only Twilio's side is there. No call outlives its test."""
    settings.DEEPGRAM_VOICE_AGENT_ENABLED = False
    settings.DATA_ROOT = tmp_path
    account.is_placed = True
    yield
    until(lambda: live.count() == 0)
