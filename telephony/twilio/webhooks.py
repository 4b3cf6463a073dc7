"""What Twilio asks and reports over HTTP. Every answer is quick; every report may come twice, late or never.

Sources: Twilio docs, "Call resource" (status callbacks), "TwiML Voice: Stream" (stream callbacks).
"""

from __future__ import annotations

import logging
import uuid

from django.http import HttpRequest, HttpResponse

from telemetry.record import event, timed_step
from telephony import placing, services
from telephony.events import EventType, NewEvent
from telephony.lifecycle import TERMINAL, TWILIO_STATUS, Event, State
from telephony.models import Call
from telephony.twilio import twiml
from telephony.twilio.signature import twilio_signed

logger = logging.getLogger(__name__)

# SIP answers that tell more than "failed" (RFC 3261, section 21).
_SIP_REASONS = {
    "404": "invalid_number",
    "484": "invalid_number",
    "604": "invalid_number",
    "403": "carrier_rejected",
    "480": "no_answer",
    "486": "busy",
    "600": "busy",
    "603": "callee_declined",
    "607": "callee_declined",
}


@twilio_signed
def voice(request: HttpRequest) -> HttpResponse:
    """The call was answered: connect its audio to us, then hang up. Asked twice, the answer is the same."""
    call = _call(request)
    with timed_step("twilio", "voice_webhook", **_ids(call)):
        wanted = (
            call is not None
            and call.state not in {*TERMINAL, State.ENDING}
            and call.stop_requested_at is None
        )
        if call is None or not wanted:
            return _xml(twiml.hang_up())
        services.call_advance(call_id=call.pk, event=Event.ANSWER)
        return _xml(placing.stream_document(call.pk, call.stream_generation))


@twilio_signed
def status(request: HttpRequest) -> HttpResponse:
    """The call's progress. Answered with 204 also when it changes nothing, or Twilio would repeat it."""
    call = _call(request)
    reported = request.POST.get("CallStatus", "")
    moved = TWILIO_STATUS.get(reported)
    if call is None or moved is None:
        event("twilio", "status_ignored", status=reported[:20])
        return HttpResponse(status=204)
    with timed_step("twilio", "status_webhook", status=reported, **_ids(call)):
        duration = request.POST.get("CallDuration", "")
        services.call_advance(
            call_id=call.pk,
            event=moved,
            reason=_SIP_REASONS.get(request.POST.get("SipResponseCode", ""), "")
            if moved is Event.FAIL
            else "",
            duration_seconds=int(duration) if duration.isdecimal() else None,
        )
    return HttpResponse(status=204)


@twilio_signed
def stream_status(request: HttpRequest) -> HttpResponse:
    """The stream's progress: the only place where Twilio tells that it could not connect to us."""
    call = _call(request)
    if call is not None and request.POST.get("StreamEvent") == "stream-error":
        detail = request.POST.get("StreamError", "")[:500]
        note = NewEvent(EventType.STREAM, {"status": "error", "detail": detail})
        services.event_append(call_id=call.pk, events=[note])
        if not call.stream_sid:
            services.call_advance(
                call_id=call.pk,
                event=Event.END,
                reason="media_never_connected",
                detail=f"Twilio says: {detail}",
            )
    return HttpResponse(status=204)


def _ids(call: Call | None) -> dict[str, str]:
    """Whom the telemetry is about."""
    return {"session_id": str(call.pk), "task_id": str(call.task_id)} if call else {}


def _call(request: HttpRequest) -> Call | None:
    """The call that our own address names, if the CallSid is its own."""
    try:
        call_id = uuid.UUID(request.GET.get("call", ""))
    except ValueError:
        return None
    sid = request.POST.get("CallSid", "")
    answered_by = request.POST.get("AnsweredBy", "")[:32]
    if not sid or not services.call_identify(call_id=call_id, call_sid=sid, answered_by=answered_by):
        logger.warning("Twilio reports about call %s with a CallSid that is not its own", call_id)
        return None
    return Call.objects.get(pk=call_id)


def _xml(document: str) -> HttpResponse:
    return HttpResponse(document, content_type="text/xml")
