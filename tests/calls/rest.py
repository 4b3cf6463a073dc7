"""Plain requests to a running product, with everything of the answer."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.message import Message
from typing import Any

from tests.calls.stack import Stack


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer, whatever its status."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get_content_type()


def ask(
    stack: Stack, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
) -> Answer:
    """One request; `key` is another API key than the first, or none when empty."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if key != "":
        sent["Authorization"] = f"Bearer {key or stack.api_key}"
    data = None
    if body is not None:
        data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
    request = urllib.request.Request(stack.url + path, data, sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        return Answer(error.code, error.headers, error.read())
