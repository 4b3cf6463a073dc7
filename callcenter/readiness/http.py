"""One harmless GET with an end: what a provider answers, or that it does not."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import TimeoutError
from urllib3.util import Timeout

from telephony.base_urls import is_loopback

TIMEOUT_S = 2.0
MAX_BYTES = 1_000_000


class Unanswered(Exception):
    """There was no answer; the text says which way, as in `cannot be reached`."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is the JSON of an answer, None for anything else."""

    status: int
    body: Any


def get(url: str, headers: dict[str, str] | None = None) -> Answer:
    """Ask once, without following a redirect, which could carry a key elsewhere.

    Raises:
        Unanswered: nothing that can be read came back.
    """
    proxies: Any = {"http": None, "https": None} if is_loopback(url) else None
    with requests.Session() as session:
        try:
            answer = session.get(
                url,
                headers=headers,
                proxies=proxies,
                timeout=Timeout(total=TIMEOUT_S),  # type: ignore[arg-type]  # handed on to urllib3
                allow_redirects=False,
                stream=True,
            )
            text = answer.raw.read(MAX_BYTES, decode_content=True)
        except (requests.Timeout, TimeoutError):
            raise Unanswered(f"did not answer within {TIMEOUT_S:g} s") from None
        except Exception:  # whatever the network, TLS or a spoilt answer makes the libraries raise
            raise Unanswered("cannot be reached") from None
    try:
        return Answer(answer.status_code, json.loads(text))
    except ValueError:
        return Answer(answer.status_code, None)
