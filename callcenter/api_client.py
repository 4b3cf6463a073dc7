"""The product's own REST API, as any program would use it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_S = 60.0


class ApiError(Exception):
    """The API refused, or could not be reached. The message is for a person."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status = status
        self.code = code
        super().__init__(detail)


class ApiClient:
    """Blocking calls with one API key."""

    def __init__(self, base_url: str, api_key: str) -> None:
        self._base_url = base_url
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json, audio/wav"}

    def get(self, path: str) -> Any:
        """A JSON answer, decoded."""
        return json.loads(self.get_bytes(path))

    def get_bytes(self, path: str) -> bytes:
        """An answer's body as it is."""
        return self._send(urllib.request.Request(self._base_url + path, headers=self._headers))  # noqa: S310

    def post(self, path: str, body: dict[str, Any], *, idempotency_key: str) -> Any:
        """Carry something out, once however often this is repeated with the same key."""
        headers = {**self._headers, "Content-Type": "application/json", "Idempotency-Key": idempotency_key}
        data = json.dumps(body).encode()
        request = urllib.request.Request(self._base_url + path, data, headers, method="POST")  # noqa: S310
        return json.loads(self._send(request))

    def _send(self, request: urllib.request.Request) -> bytes:
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:  # noqa: S310
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            raise _refusal(error) from None
        except OSError as error:
            raise ApiError(
                0, "unreachable", f"The server at {self._base_url} does not answer ({error})."
            ) from None


def _refusal(error: urllib.error.HTTPError) -> ApiError:
    """A problem document (RFC 9457) as an exception; its field errors are appended to the sentence."""
    try:
        problem = json.load(error)
    except ValueError:
        return ApiError(error.code, "", f"HTTP {error.code} {error.reason}")
    if not isinstance(problem, dict):
        return ApiError(error.code, "", f"HTTP {error.code} {error.reason}")
    detail = str(problem.get("detail") or problem.get("title") or error.reason)
    if problem.get("errors"):
        detail = f"{detail} {json.dumps(problem['errors'])}"
    return ApiError(error.code, str(problem.get("code", "")), detail)
