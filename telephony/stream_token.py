"""The single-use secret that lets Twilio's audio socket in: a signature over the call and its stream's generation.

It is derived, not stored, so that Twilio's repeated question gets the same TwiML; it is used up in the database.
"""

from __future__ import annotations

import uuid

from django.core import signing

_signer = signing.Signer(salt="telephony.stream")


def make(call_id: uuid.UUID, generation: int) -> str:
    """The token for this generation of the call's stream."""
    return _signer.sign(f"{call_id}.{generation}")


def read(token: str) -> tuple[uuid.UUID, int] | None:
    """The call and the generation that a token was made for; None for anything we did not sign."""
    try:
        call_id, _, generation = _signer.unsign(token).partition(".")
        return uuid.UUID(call_id), int(generation)
    except (signing.BadSignature, ValueError):
        return None
