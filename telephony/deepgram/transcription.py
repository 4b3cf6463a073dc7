"""The finished recording through Deepgram's pre-recorded API: every word with its time, the two sides apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from telephony.base_urls import without_version
from telephony.retrying import ProviderFailed, failure_of_status, with_retries
from telephony.speaker import Speaker
from telephony.transcript import Utterance, Word

SPEAKERS: Final = (Speaker.CALLER, Speaker.AGENT)
"""By channel of the stereo recording."""

MODEL: Final = "nova-3"

_REFUSALS = {
    400: "Deepgram could not read the recording.",
    401: "Deepgram does not accept the key: check DEEPGRAM_API_KEY.",
    402: "Deepgram wants payment: the project has no credit left.",
    403: "Deepgram does not let this key use transcription.",
    404: "There is no transcription at DEEPGRAM_API_BASE_URL.",
}
_UNREADABLE = "Deepgram's answer cannot be read."


async def transcribe(wav: bytes, *, api_key: str, base_url: str, deadline_s: float) -> list[Utterance]:
    """The utterances of a stereo recording (caller left, agent right), in no particular order.

    Raises:
        ProviderFailed: Deepgram refused, or did not answer within `deadline_s`, retries included.
    """
    # bytes: the SDK would send a generator's rest, which is nothing, when it tries again
    return await with_retries(lambda: _ask(wav, api_key, base_url, deadline_s), deadline_s=deadline_s)


async def _ask(wav: bytes, api_key: str, base_url: str, timeout_s: float) -> list[Utterance]:
    import httpx
    from deepgram import AsyncDeepgramClient
    from deepgram.core.api_error import ApiError
    from deepgram.core.parse_error import ParsingError
    from deepgram.environment import DeepgramClientEnvironment

    base = without_version(base_url)
    environment = DeepgramClientEnvironment(base=base, production=base, agent=base, agent_rest=base)
    async with httpx.AsyncClient(timeout=timeout_s) as http:
        client = AsyncDeepgramClient(api_key=api_key, environment=environment, httpx_client=http)
        try:
            answer = await client.listen.v1.media.transcribe_file(
                request=wav,
                model=MODEL,
                multichannel=True,
                utterances=True,
                smart_format=True,
                punctuate=True,
                request_options={"max_retries": 0},
            )
        except ApiError as error:
            raise _refusal(error.status_code or 0, error.headers or {}) from None
        except httpx.TimeoutException:
            raise ProviderFailed("Deepgram did not answer in time.", again=True) from None
        except httpx.HTTPError:
            raise ProviderFailed("Deepgram cannot be reached.", again=True) from None
        except ParsingError:
            raise ProviderFailed(_UNREADABLE) from None
    return list(_utterances(answer))


def _refusal(status: int, headers: dict[str, str]) -> ProviderFailed:
    if status < 300:  # the SDK found no JSON in a success
        return ProviderFailed(_UNREADABLE)
    text = _REFUSALS.get(status, f"Deepgram answered {status} to the recording.")
    return failure_of_status(text, status, headers)


def _utterances(answer: Any) -> Iterator[Utterance]:
    """Whatever of the answer has the shape that is documented (Deepgram: pre-recorded audio, utterances)."""
    results = getattr(answer, "results", None)
    for found in getattr(results, "utterances", None) or ():
        if found.channel not in (0, 1):
            continue
        words = tuple(
            Word(
                (getattr(word, "punctuated_word", None) or word.word).strip(),
                round(word.start * 1000),
                round(word.end * 1000),
                round(word.confidence or 0.0, 3),
            )
            for word in found.words or ()
            if word.word and word.start is not None and word.end is not None
        )
        if words:
            yield Utterance(SPEAKERS[found.channel], words)
