"""A running server, asked as any program would ask it, with a line for each request."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from callcenter.api_client import ApiClient

REQUEST_TIMEOUT_S = 30.0
POLL_EVERY_S = 0.3


class Failed(Exception):
    """What is not as it should be."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of the server."""

    status: int
    body: bytes

    def json(self) -> Any:
        """The body, decoded."""
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed("an answer is not JSON") from None


class Server:
    """The server that is checked; every request prints its line."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self.api = ApiClient(base_url, api_key)
        self.requests = 0

    def ask(
        self,
        method: str,
        path: str,
        *,
        expect: int = 200,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        with_key: bool = True,
    ) -> Answer:
        """One request. Raises Failed for any other status than the expected one."""
        began = time.monotonic()
        answer = self.quietly(method, path, body=body, headers=headers, with_key=with_key)
        say(f"{(time.monotonic() - began) * 1000:7.0f} ms  {answer.status}  {method} {path}")
        if answer.status != expect:
            raise Failed(f"{method} {path} answered {answer.status}, not {expect}: {detail_of(answer)}")
        return answer

    def ask_until(
        self, path: str, is_there: Callable[[Answer], bool], what: str, *, within_s: float
    ) -> Answer:
        """Repeat a GET until its answer is the expected one; one line for all of them."""
        began = time.monotonic()
        while True:
            answer = self.quietly("GET", path)
            if is_there(answer):
                say(f"{(time.monotonic() - began) * 1000:7.0f} ms  {answer.status}  GET {path}")
                return answer
            if time.monotonic() - began > within_s:
                last = f"{answer.status}: {detail_of(answer)}"
                raise Failed(f"GET {path}: {what} was not there within {within_s:.0f} s ({last})")
            time.sleep(POLL_EVERY_S)

    def quietly(
        self,
        method: str,
        path: str,
        *,
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        with_key: bool = True,
    ) -> Answer:
        """One request without a line."""
        self.requests += 1
        sent = {**(headers or {}), "Accept": "*/*"}
        if with_key:
            sent["Authorization"] = f"Bearer {self.api.api_key}"
        data = None
        if body is not None:
            sent["Content-Type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(self.api.base_url + path, data, sent, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_S) as response:  # noqa: S310
                return Answer(response.status, response.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read())
        except (OSError, HTTPException) as error:
            raise Failed(
                f"{method} {path}: the server at {self.api.base_url} does not answer ({error})"
            ) from None


def check(is_so: object, what: str) -> None:
    """Raises Failed with `what` is wrong unless it is so."""
    if not is_so:
        raise Failed(what)


def say(line: str) -> None:
    """At once, also into a pipe."""
    print(line, flush=True)


def detail_of(answer: Answer) -> str:
    """What an answer says of itself, as far as it is for people; without a full stop."""
    try:
        problem = json.loads(answer.body)
        wrong = [item["message"] for items in problem.get("errors", {}).values() for item in items]
        return " ".join(wrong or [str(problem["detail"])]).rstrip(".")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{len(answer.body)} bytes"
