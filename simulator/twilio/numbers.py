"""The numbers of an account as pages of JSON ("IncomingPhoneNumber resource", "OutgoingCallerIds resource")."""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

PAGE_SIZE = 50


def numbers_page(request: web.Request, account_sid: str, numbers: list[str]) -> dict[str, Any]:
    """`numbers` as numbers of the account; all of them can place calls."""
    return {"incoming_phone_numbers": [_number(account_sid, one) for one in numbers], **_only_page(request)}


def caller_ids_page(request: web.Request) -> dict[str, Any]:
    """No number of anybody else."""
    return {"outgoing_caller_ids": [], **_only_page(request)}


def _number(account_sid: str, number: str) -> dict[str, Any]:
    return {
        "sid": f"PN{hashlib.sha256(number.encode()).hexdigest()[:32]}",
        "account_sid": account_sid,
        "phone_number": number,
        "friendly_name": number,
        "capabilities": {"voice": True, "sms": True, "mms": False, "fax": False},
        "status": "in-use",
    }


def _only_page(request: web.Request) -> dict[str, Any]:
    uri = str(request.rel_url)
    pages = {"first_page_uri": uri, "next_page_uri": None, "previous_page_uri": None}
    return {"page": 0, "page_size": PAGE_SIZE, "start": 0, "end": 0, "uri": uri, **pages}
