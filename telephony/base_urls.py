"""A provider's base URL, which people write with `/v1` at its end or without; it may be on this machine."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

_VERSIONED: Final = re.compile(r"/v\d\w*$")


def with_version(base_url: str) -> str:
    """The URL as OpenAI's SDK wants it."""
    base_url = base_url.rstrip("/")
    return base_url if _VERSIONED.search(base_url) else f"{base_url}/v1"


def without_version(base_url: str) -> str:
    """The URL as the SDKs of Anthropic and Deepgram want it."""
    return base_url.rstrip("/").removesuffix("/v1")


def is_loopback(url: str) -> bool:
    """Does the URL lead to this very machine, which no proxy of the environment can reach?"""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
