"""Which addresses lead to this machine."""

from __future__ import annotations

import pytest

from telephony.base_urls import is_loopback

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("url", "is_local"),
    [
        ("http://127.0.0.1:8001/v1", True),
        ("wss://127.9.9.9", True),
        ("http://[::1]:80", True),
        ("http://localhost:3001", True),
        ("https://127.example.com", False),
        ("https://api.deepgram.com", False),
        ("http://10.0.0.1", False),
        ("", False),
    ],
)
def test_loopback_is_told_from_other_addresses(url: str, is_local: bool) -> None:
    assert is_loopback(url) is is_local
