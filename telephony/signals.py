"""The only way up: what telephony tells the apps above it.

Sent with `send()` inside the transaction that wrote the fact. Receivers only write rows; anything slow waits
for the commit.
"""

from __future__ import annotations

from django.dispatch import Signal

call_changed = Signal()
"""A call's state changed. Arguments: `call` (the row as it is now)."""

turn_added = Signal()
"""A turn is final. Arguments: `call_id`, `turn`."""

recording_closed = Signal()
"""A recording will not grow any more. Arguments: `call`, `recording`."""

transcript_ready = Signal()
"""What was said will not change any more: transcribed, or as it was heard live. Arguments: `call`."""
