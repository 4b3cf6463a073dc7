"""Signed requests to the server under test, as Twilio's own proxies make them."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urldefrag, urlencode

import aiohttp
from yarl import URL

from simulator.twilio.calls import new_sid
from simulator.twilio.errors import TwilioError
from simulator.twilio.signing import sign


@dataclass(frozen=True, slots=True)
class Reply:
    """What a webhook answered."""

    status: int
    content_type: str
    text: str


class Webhooks:
    """Sends form webhooks signed with the account's token."""

    def __init__(self, session: aiohttp.ClientSession, auth_token: str, timeout_s: float) -> None:
        self._session = session
        self._auth_token = auth_token
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def send(self, url: str, method: str, params: Mapping[str, str]) -> Reply:
        """POST `params` as a form, or GET with them in the query; blank ones are sent too.

        Raises TwilioError as the debugger names it: 11205 (no connection), 11220 (TLS), 11200 (no answer in
        time, or broken), 11210 for a URL that cannot be asked at all.
        """
        url = urldefrag(url).url
        body = urlencode(params)
        if method == "GET":
            url += ("&" if "?" in url else "?") + body
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": new_sid(""),
            "X-Twilio-Signature": sign(self._auth_token, url, None if method == "GET" else params),
        }
        if method != "GET":
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        try:
            async with self._session.request(
                method,
                URL(url, encoded=True),  # byte for byte what was signed
                data=None if method == "GET" else body,
                headers=headers,
                timeout=self._timeout,
            ) as response:
                return Reply(response.status, response.content_type, await response.text(errors="replace"))
        except (aiohttp.ClientSSLError, ssl.SSLError) as error:
            raise TwilioError(11220, "TLS error") from error
        except aiohttp.ClientConnectorError as error:
            raise TwilioError(11205, "HTTP connection failure") from error
        except (aiohttp.InvalidURL, ValueError) as error:
            raise TwilioError(11210, "the URL cannot be requested") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise TwilioError(11200, f"HTTP retrieval failure: {type(error).__name__}") from error

    async def document(self, url: str, method: str, params: Mapping[str, str]) -> str:
        """The TwiML at `url`. Raises TwilioError for a 4xx or 5xx (11200) and for what is not XML (12300) too."""
        reply = await self.send(url, method, params)
        if reply.status >= 400:
            raise TwilioError(11200, f"HTTP retrieval failure: status {reply.status}")
        if reply.content_type not in ("text/xml", "application/xml"):
            raise TwilioError(12300, f"Invalid Content-Type {reply.content_type}")
        return reply.text
