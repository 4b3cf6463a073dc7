"""Twilio's SDK on HTTP of our own: one connection a request, a total timeout, and errors in our words."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util import Timeout

from telephony.base_urls import is_loopback
from telephony.twilio.errors import refusal, unanswered, unconfirmed, unreachable

TWILIO_URL: Final = "https://api.twilio.com"


def sdk_client(account_sid: str, auth_token: str, base_url: str, timeout_s: float) -> Client:
    """The SDK's client of one account, whose requests go to `base_url`."""
    return Client(
        account_sid,
        auth_token,
        http_client=_Transport(base_url, timeout_s),
        # The SDK reads TWILIO_REGION and TWILIO_EDGE from the process when it is given no environment.
        environment={"TWILIO_ACCOUNT_SID": account_sid},
    )


@contextmanager
def translated(*, creating: bool = False) -> Iterator[None]:
    """Turn whatever the SDK or the network raises into a TelephonyError.

    The originals are cut off (`from None`): their texts quote phone numbers, which would end in logs.
    """
    no_answer = unconfirmed if creating else unanswered
    try:
        yield
    except (TwilioRestException, TwilioServiceException) as error:
        code = error.code if isinstance(error.code, int) else None
        raise refusal(status=error.status, twilio_code=code, creating=creating) from None
    except requests.RequestException as error:
        raise (unreachable if _never_sent(error) else no_answer)() from None
    except (TwilioException, ValueError, TypeError, AttributeError, KeyError):
        # What the SDK raises on an answer it cannot read.
        raise no_answer() from None


class _Transport(HttpClient):  # type: ignore[misc]  # the SDK is not typed
    """Sends the SDK's requests to `base_url`, each on a connection of its own.

    A kept-alive connection that the server just closed looks the same as an answer that got lost, and would
    leave a call in doubt that was never placed.
    """

    def __init__(self, base_url: str, timeout_s: float) -> None:
        super().__init__(logging.getLogger(__name__), False, timeout_s)
        self._base_url = base_url.rstrip("/")
        self._direct = is_loopback(base_url)

    def request(
        self,
        method: str,
        uri: str,
        params: dict[str, Any] | None = None,
        data: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One HTTP exchange. Raises what requests raises."""
        with requests.Session() as session:
            session.trust_env = not self._direct
            answer = session.request(
                method,
                self._base_url + uri.removeprefix(TWILIO_URL),
                params=params,
                data=data,
                headers=headers,
                auth=auth,
                timeout=Timeout(total=timeout or self.timeout),  # type: ignore[arg-type]  # handed on to urllib3
                allow_redirects=allow_redirects,
            )
            return Response(answer.status_code, answer.content.decode("utf-8", "replace"), answer.headers)


def _never_sent(error: requests.RequestException) -> bool:
    """Is it certain that no byte of the request reached the other side?"""
    # The ValueErrors are about the URL or a header.
    if isinstance(error, requests.ConnectTimeout | ValueError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        return True
    cause = reason.args[0] if reason is not None and reason.args else None
    return isinstance(cause, ssl.SSLCertVerificationError)
