"""X-Twilio-Signature ("Twilio Security: validating requests")."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urldefrag


def sign(auth_token: str, url: str, params: Mapping[str, str] | None = None) -> str:
    """The signature of a request to `url`.

    `params` are those of a form POST, blank ones included; a GET and a WebSocket handshake have none.
    A fragment (Twilio's connection overrides) is never part of what is signed.
    """
    data = urldefrag(url).url + "".join(name + value for name, value in sorted((params or {}).items()))
    digest = hmac.new(auth_token.encode(), data.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
