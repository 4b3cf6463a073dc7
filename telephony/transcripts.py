"""The final transcript of a call: transcribed from its recording where that is wanted, else as it was heard live."""

from __future__ import annotations

import asyncio
import logging
import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction

from telemetry.record import timed_step
from telephony import recording, services, signals, steps
from telephony.deepgram import transcription
from telephony.enqueue import enqueue, enqueue_on_commit
from telephony.events import EventType, NewEvent
from telephony.models import Call, Recording, Transcription, Turn
from telephony.retrying import ProviderFailed
from telephony.safe_logging import where
from telephony.transcript import TranscriptTurn, Utterance, merge

logger = logging.getLogger(__name__)

TASK = "telephony.tasks.transcribe"


@dataclass(frozen=True, slots=True)
class Transcript:
    """`source` is `final` (the recording's words merged in) or `live` (as heard during the call)."""

    source: str
    turns: list[TranscriptTurn]


def transcript_of(call: Call) -> Transcript:
    """What was said, from the best source there is now."""
    final = Transcription.objects.filter(call=call, state=Transcription.State.READY).first()
    if final is not None:
        return Transcript("final", [TranscriptTurn.from_json(turn) for turn in final.turns])
    return Transcript("live", _live_turns(call.pk))


def is_being_made(call: Call) -> bool:
    """Whether the recording is still to be closed or transcribed."""
    return (
        call.is_live
        or Recording.objects.filter(call=call, state=Recording.State.RECORDING).exists()
        or Transcription.objects.filter(call=call, state__in=steps.OPEN).exists()
    )


def connect() -> None:
    """Follow recordings from now on."""
    signals.recording_closed.connect(follow_recording, dispatch_uid="telephony.follow_recording")


def follow_recording(*, call: Call, recording: Recording, **_: Any) -> None:
    """A recording is closed: have it transcribed, or say that the live turns are the transcript."""
    if not _is_wanted(recording):
        _announce(call, "live", "")
        return
    row, created = Transcription.objects.get_or_create(call=call)
    if created:
        enqueue_on_commit(TASK, row.pk)


def transcribe(key: str) -> None:
    """Do one transcription, if it is still to be done."""
    deadline_s = settings.TRANSCRIPTION_DEADLINE_SECONDS
    row = steps.claim(Transcription, key)
    if row is None:
        return
    if row.attempts > steps.MAX_ATTEMPTS:
        _close(row, steps.Step.State.FAILED, failure=steps.WORN_OUT)
        return
    call_id = row.call_id
    try:
        with (
            steps.keeping(row, deadline_s=deadline_s),
            timed_step("transcription", "transcribe", session_id=str(call_id)),
        ):
            utterances = asyncio.run(_ask(call_id, deadline_s))
        turns = [turn.to_json() for turn in merge(_live_turns(call_id), utterances)]
    except ProviderFailed as error:
        _close(row, steps.Step.State.FAILED, failure=str(error))
    except OSError as error:
        _close(row, steps.Step.State.FAILED, failure=f"The recording cannot be read ({error.strerror}).")
    except Exception as error:  # our own mistake, or a database that is away: somebody else may fare better
        logger.error("the transcription of call %s did not come to an end: %s", call_id, where(error))
        steps.put_back(row)
    else:
        _close(row, steps.Step.State.READY, turns=turns)


def sweep() -> int:
    """Send every transcription that waits to the workers; how many there were."""
    keys = steps.due(Transcription)
    for key in keys:
        enqueue(TASK, key)
    return len(keys)


def _is_wanted(recording: Recording) -> bool:
    has_audio = recording.state != Recording.State.MISSING and recording.duration_ms > 0
    return bool(settings.POST_CALL_TRANSCRIPTION and settings.DEEPGRAM_API_KEY and has_audio)


async def _ask(call_id: uuid.UUID, deadline_s: float) -> list[Utterance]:
    return await transcription.transcribe(
        await asyncio.to_thread(recording.wav_path(call_id, "mixed").read_bytes),
        api_key=settings.DEEPGRAM_API_KEY,
        base_url=settings.DEEPGRAM_API_BASE_URL,
        deadline_s=deadline_s,
    )


@transaction.atomic
def _close(row: Transcription, state: steps.Step.State, **fields: Any) -> None:
    if not steps.finish(row, state=state, **fields):
        return
    source = "final" if state == steps.Step.State.READY else "live"
    _announce(Call.objects.get(pk=row.call_id), source, fields.get("failure", ""))


def _announce(call: Call, source: str, detail: str) -> None:
    """The transcript will not change any more. Inside the transaction that makes it so."""
    data = {"source": source, "detail": detail}
    services.event_append(call_id=call.pk, events=[NewEvent(EventType.TRANSCRIPT_READY, data)])
    signals.transcript_ready.send(sender=Transcription, call=call)


def _live_turns(call_id: uuid.UUID) -> list[TranscriptTurn]:
    fields = ("number", "speaker", "text", "start_ms", "end_ms", "heard", "heard_text", "final")
    rows = Turn.objects.filter(call_id=call_id).order_by("number").values(*fields)
    return [TranscriptTurn(**row) for row in rows]
