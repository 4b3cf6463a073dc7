"""How calls go and end: statuses, signed callbacks, and who hung up."""

from __future__ import annotations

from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from tests.simulator.twilio.conftest import BRIEF, BUSY, FAILED, FROM, QUIET, SLOW, Phone
from tests.simulator.twilio.service import Webhook
from tests.waiting import auntil

pytestmark = pytest.mark.integration


def statuses(phone: Phone) -> list[str]:
    return [webhook.params["CallStatus"] for webhook in phone.service.at("/status")]


async def last_callback(phone: Phone, count: int) -> Webhook:
    await auntil(lambda: len(phone.service.at("/status")) == count)
    return phone.service.at("/status")[-1]


async def test_a_whole_call(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await phone.update(call.sid, status="completed")
    last = await last_callback(phone, 4)

    assert statuses(phone) == ["initiated", "ringing", "in-progress", "completed"]
    assert [hook.params["SequenceNumber"] for hook in phone.service.at("/status")] == ["0", "1", "2", "3"]
    assert (last.params["CallDuration"], last.params["Duration"]) == ("0", "0")
    assert last.params["CallbackSource"] == "call-progress-events"
    assert "CallDuration" not in phone.service.at("/status")[0].params
    (voice,) = phone.service.at("/voice")
    expected = {"CallSid": call.sid, "To": QUIET, "From": FROM, "CallStatus": "in-progress", "ToZip": ""}
    assert {name: voice.params[name] for name in expected} == expected
    assert stream.of("stop")
    assert (await phone.ended(call.sid))["ended_by"] == "api"


async def test_every_webhook_is_signed_blank_parameters_included(phone: Phone) -> None:
    call = await phone.call(url=f"{phone.service.url}/voice?call=7&note=a%20b#rc=2")
    await phone.service.socket()
    await phone.update(call.sid, status="completed")
    await last_callback(phone, 4)
    validator = RequestValidator(phone.client.password)
    hooks = phone.service.webhooks
    assert {hook.path for hook in hooks} == {"/voice", "/status", "/stream-status"}
    assert [
        hook.path for hook in hooks if not validator.validate(hook.url, hook.params, hook.signature)
    ] == []
    voice = phone.service.at("/voice")[0]
    assert voice.url.endswith("/voice?call=7&note=a%20b")
    filled = {name: value for name, value in voice.params.items() if value}
    assert len(filled) < len(voice.params)
    assert not validator.validate(voice.url, filled, voice.signature)


@pytest.mark.parametrize(
    ("events", "told"), [(["ringing", "completed"], ["ringing", "canceled"]), (None, ["canceled"])]
)
async def test_only_subscribed_events_are_told(
    phone: Phone, events: list[str] | None, told: list[str]
) -> None:
    call = await phone.call(SLOW, status_callback_event=events)
    await phone.update(call.sid, status="canceled")
    await auntil(lambda: statuses(phone)[-1:] == ["canceled"])
    assert statuses(phone) == told


async def test_canceled_while_ringing(phone: Phone) -> None:
    call = await phone.call(SLOW)
    await auntil(lambda: statuses(phone) == ["initiated", "ringing"])
    await phone.update(call.sid, status="canceled")
    await last_callback(phone, 3)
    assert statuses(phone)[-1] == "canceled"
    assert phone.service.at("/voice") == []


async def test_canceling_leaves_a_call_in_progress_alone(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    assert (await phone.update(call.sid, status="canceled")).status == "in-progress"
    before = len(stream.of("media"))
    await auntil(lambda: len(stream.of("media")) > before + 3)
    assert not stream.of("stop")


@pytest.mark.parametrize(
    ("to", "options", "told", "sip_code"),
    [
        (BUSY, {}, ["initiated", "busy"], None),
        (FAILED, {}, ["initiated", "failed"], "404"),
        (SLOW, {"timeout": 1}, ["initiated", "ringing", "no-answer"], "487"),
    ],
)
async def test_calls_that_nobody_takes(
    phone: Phone, to: str, options: dict[str, Any], told: list[str], sip_code: str | None
) -> None:
    call = await phone.call(to, **options)
    last = await last_callback(phone, len(told))
    assert statuses(phone) == told
    assert last.params.get("SipResponseCode") == sip_code
    fetched = await phone.rest(lambda: phone.client.calls(call.sid or "").fetch())
    assert (fetched.status, fetched.duration) == (told[-1], "0")


async def test_a_callee_may_hang_up_at_once(phone: Phone) -> None:
    call = await phone.call(BRIEF)
    truth = await phone.ended(call.sid)
    assert (truth["status"], truth["ended_by"], truth["duration_s"]) == ("completed", "callee", 0)
    times = {entry["status"]: entry["at_ms"] for entry in truth["statuses"]}
    (hung_up,) = [note for note in truth["timeline"] if note["kind"] == "hung_up"]
    assert hung_up["at_ms"] - times["in-progress"] == pytest.approx(300, abs=150)


async def test_the_time_limit_ends_a_call(phone: Phone) -> None:
    call = await phone.call(time_limit=1)
    stream = await phone.service.socket()
    truth = await phone.ended(call.sid)
    assert (truth["status"], truth["ended_by"], truth["duration_s"]) == ("completed", "time-limit", 1)
    assert stream.of("stop")


async def test_the_document_ends_the_call_when_the_server_closes_the_stream(phone: Phone) -> None:
    call = await phone.call()
    stream = await phone.service.socket()
    await stream.socket.close()
    truth = await phone.ended(call.sid)
    assert (truth["status"], truth["ended_by"]) == ("completed", "document")
    assert not stream.of("stop")
    await auntil(lambda: len(phone.service.at("/stream-status")) == 2)
    events = [hook.params["StreamEvent"] for hook in phone.service.at("/stream-status")]
    assert events == ["stream-started", "stream-stopped"]


async def test_connect_action_is_asked_after_the_stream(phone: Phone) -> None:
    phone.service.twiml = lambda hook: (
        "<Response><Say>Sorry.</Say></Response>"
        if "after" in hook.url
        else phone.service.stream_twiml().replace("<Connect>", '<Connect action="/voice?after=1">')
    )
    call = await phone.call()
    stream = await phone.service.socket()
    await stream.socket.close()
    truth = await phone.ended(call.sid)
    assert [note["text"] for note in truth["timeline"] if note["kind"] == "say"] == ["Sorry."]


async def test_a_broken_document_falls_back_and_then_ends_the_call(phone: Phone) -> None:
    phone.service.twiml = lambda hook: "<Response>" if "ErrorCode" not in hook.params else "<Response/>"
    with_fallback = await phone.call(fallback_url=f"{phone.service.url}/voice")
    assert (await phone.ended(with_fallback.sid))["ended_by"] == "document"
    fallback = phone.service.at("/voice")[1]
    assert fallback.params["ErrorCode"] == "12100"
    assert fallback.params["ErrorUrl"] == f"{phone.service.url}/voice"

    without = await phone.call()
    truth = await phone.ended(without.sid)
    assert (truth["status"], truth["ended_by"]) == ("completed", "twiml-error")
    assert [note["code"] for note in truth["timeline"] if note["kind"] == "debugger"] == [12100]


async def test_a_server_that_is_away_ends_the_call(phone: Phone) -> None:
    call = await phone.call(url="http://127.0.0.1:9/voice")
    truth = await phone.ended(call.sid)
    assert [note["code"] for note in truth["timeline"] if note["kind"] == "debugger"] == [11205]


async def test_inline_twiml(phone: Phone) -> None:
    call = await phone.call(url=None, twiml='<Response><Pause length="0.1"/><Play digits="1w"/></Response>')
    truth = await phone.ended(call.sid)
    assert [note["digits"] for note in truth["timeline"] if note["kind"] == "play"] == ["1w"]
