"""What the agent says while there is no stream to play it: kept in order, with its texts, until there is one."""

from __future__ import annotations

from telephony.deepgram.messages import AgentAudioDone, ConversationText
from telephony.mulaw import BYTES_PER_MS

MAX_AUDIO_BYTES = 30_000 * BYTES_PER_MS
"""30 s; what comes beyond it is dropped."""


class Unplayed:
    """Sentences, audio and ends of replies, as they came."""

    def __init__(self) -> None:
        self.items: list[bytes | ConversationText | AgentAudioDone] = []
        self._audio_bytes = 0

    def add(self, item: bytes | ConversationText | AgentAudioDone) -> None:
        """Keep audio, a sentence, or the end of a reply."""
        if isinstance(item, bytes):
            item = item[: MAX_AUDIO_BYTES - self._audio_bytes]
            self._audio_bytes += len(item)
        self.items.append(item)
