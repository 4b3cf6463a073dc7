"""The product's own REST API, as any program would use it."""

from __future__ import annotations

import http.client
import json
import socket
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

TIMEOUT_S = 60.0
REPEAT_FOR_S = 20.0
"""How long a request whose answer was lost is repeated: the server may be starting again."""

REPEAT_EVERY_S = 0.5


class ApiError(Exception):
    """The API refused, or could not be reached. The message is for a person.

    `status` is the HTTP status, or 0 without an answer of the API: then `code` is `unreachable`, when nothing was
    sent, `answer_lost`, or `not_the_api`.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        super().__init__(detail)


class ApiClient:
    """Blocking calls with one API key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self.base_url = base_url.rstrip("/")
        self.api_key = api_key
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json, audio/wav"}

    def get(self, path: str) -> Any:
        """A JSON answer, decoded."""
        return _decoded(self.get_bytes(path))

    def get_bytes(self, path: str) -> bytes:
        """An answer's body as it is."""
        return self._send(urllib.request.Request(self.base_url + path, headers=self._headers))  # noqa: S310

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Carry something out, once: when its answer is lost, it is asked for again with the same key."""
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "Idempotency-Key": str(uuid.uuid4()),
        }
        data = json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, headers, method="POST")  # noqa: S310
        give_up_at = time.monotonic() + REPEAT_FOR_S
        worth_repeating = {"answer_lost"}
        while True:
            try:
                return _decoded(self._send(request))
            except ApiError as error:
                if error.code not in worth_repeating or time.monotonic() > give_up_at:
                    raise
                worth_repeating |= {"unreachable", "idempotency_in_progress"}  # it may have been carried out
                time.sleep(REPEAT_EVERY_S)

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except (OSError, http.client.HTTPException) as error:
            raise self._no_answer(error) from None

    def _no_answer(self, error: OSError | http.client.HTTPException) -> ApiError:
        """`unreachable` when the connection was never made: only then was surely nothing carried out."""
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        never_connected = isinstance(cause, ConnectionRefusedError | socket.gaierror)
        code = "unreachable" if never_connected else "answer_lost"
        words = cause.strerror if isinstance(cause, OSError) and cause.strerror else str(cause)
        return ApiError(0, code, f"The server at {self.base_url} does not answer ({words}).")


def _decoded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        raise ApiError(0, "not_the_api", "What answered is not this product's API.") from None


def _refusal(error: urllib.error.HTTPError) -> ApiError:
    """A problem document (RFC 9457) as an exception; of a field's error it takes the code and the sentence."""
    try:
        problem = json.load(error)
    except (ValueError, OSError, http.client.HTTPException):
        problem = None
    if not isinstance(problem, dict):
        return ApiError(error.code, "", f"HTTP {error.code} {error.reason}")
    code, detail = str(problem.get("code", "")), str(problem.get("detail") or error.reason)
    wrong = [(field, item) for field, items in problem.get("errors", {}).items() for item in items]
    if wrong:
        code = wrong[0][1]["code"]
        detail = " ".join(f"{field}: {item['message']}" for field, item in wrong)
    return ApiError(error.code, code, detail)
