"""The REST API, asked by the real SDK."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from simulator.config import SimulatorConfig
from simulator.server import Simulator
from tests.simulator.twilio.conftest import ALL_EVENTS, FROM, QUIET, REFUSED, SLOW, Phone

pytestmark = pytest.mark.integration

URL = "http://127.0.0.1:9/voice"


async def refused(phone: Phone, work: Any) -> tuple[int, int | None]:
    with pytest.raises(TwilioRestException) as caught:
        await phone.rest(work)
    return caught.value.status, caught.value.code


async def test_create_answers_201_queued(phone: Phone) -> None:
    auth = {"Authorization": aiohttp.encode_basic_auth(phone.client.username, phone.client.password)}
    url = f"{phone.simulator.url}/2010-04-01/Accounts/{phone.client.username}/Calls.json"
    form = {"To": SLOW, "From": FROM, "Url": URL}
    async with phone.http.post(url, data=form, headers=auth) as response:
        body = await response.json()
    assert response.status == 201
    expected = {
        "account_sid": phone.client.username,
        "to": SLOW,
        "to_formatted": "(202) 555-0121",
        "from": FROM,
        "status": "queued",
        "direction": "outbound-api",
        "api_version": "2010-04-01",
        "queue_time": "0",
        "duration": None,
        "start_time": None,
        "answered_by": None,
        "uri": f"/2010-04-01/Accounts/{phone.client.username}/Calls/{body['sid']}.json",
    }
    assert {name: body[name] for name in expected} == expected
    assert body["sid"].startswith("CA")
    assert len(body["sid"]) == 34


async def test_fetch_and_list(phone: Phone) -> None:
    calls = [await phone.call(SLOW), await phone.call(QUIET), await phone.call(SLOW)]
    slow = [calls[2].sid, calls[0].sid]
    assert (await phone.rest(lambda: phone.client.calls(calls[0].sid or "").fetch())).sid == calls[0].sid

    async def listed(**filters: Any) -> list[str]:
        return [call.sid for call in await phone.rest(lambda: phone.client.calls.list(**filters))]

    assert await listed(to=SLOW) == slow
    assert await listed(to=SLOW, page_size=1) == slow
    assert await listed(to=SLOW, limit=1) == slow[:1]
    assert await listed(to=SLOW, from_="+12025550009") == []
    await phone.ended((await phone.call("+12025550110")).sid)
    now = datetime.now(UTC)
    assert len(await listed(status="busy", start_time_after=now - timedelta(minutes=1))) == 1
    assert await listed(status="busy", start_time_before=now - timedelta(minutes=1)) == []


async def test_the_account_can_be_asked_for(phone: Phone) -> None:
    account = await phone.rest(lambda: phone.client.api.v2010.accounts(phone.client.username).fetch())
    assert (account.sid, account.status) == (phone.client.username, "active")


async def test_the_account_owns_whatever_number_it_calls_from(phone: Phone) -> None:
    [number] = await phone.rest(lambda: phone.client.incoming_phone_numbers.list(phone_number=FROM))
    assert (number.phone_number, number.capabilities["voice"]) == (FROM, True)
    assert await phone.rest(lambda: phone.client.outgoing_caller_ids.list(phone_number=FROM)) == []


async def test_an_account_may_own_one_number_only(phone: Phone) -> None:
    config = SimulatorConfig(
        scenarios_dir=phone.simulator.config.scenarios_dir, twilio_phone_number="+12025550001"
    )
    async with Simulator(config) as strict:
        phone.client.api.base_url = strict.url
        assert await phone.rest(lambda: phone.client.incoming_phone_numbers.list(phone_number=FROM)) == []
        [number] = await phone.rest(lambda: phone.client.incoming_phone_numbers.list())
        assert number.phone_number == "+12025550001"
        create = phone.client.calls.create
        assert await refused(phone, lambda: create(to=QUIET, from_=FROM, url=URL)) == (400, 21210)


async def test_wrong_credentials_are_refused(phone: Phone) -> None:
    stranger = Client(phone.client.username, "wrong")
    stranger.api.base_url = phone.simulator.url
    assert await refused(phone, stranger.calls("CA" + "0" * 32).fetch) == (401, 20003)
    async with phone.http.get(f"{phone.simulator.url}/2010-04-01/Accounts/AC1.json") as response:
        assert (response.status, (await response.json())["code"]) == (401, 20003)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"to": "", "from_": FROM, "url": URL}, 21201),
        ({"to": QUIET, "from_": "", "url": URL}, 21213),
        ({"to": "nobody", "from_": FROM, "url": URL}, 21211),
        ({"to": FROM, "from_": FROM, "url": URL}, 21211),
        ({"to": "+1202555", "from_": FROM, "url": URL}, 21217),
        ({"to": "+12025550100123456", "from_": FROM, "url": URL}, 21217),
        ({"to": QUIET, "from_": "12025550000", "url": URL}, 21212),
        ({"to": QUIET, "from_": FROM}, 21205),
        ({"to": QUIET, "from_": FROM, "url": "ftp://127.0.0.1/"}, 21205),
        ({"to": QUIET, "from_": FROM, "url": URL, "status_callback": "http://under_score/"}, 21205),
        ({"to": QUIET, "from_": FROM, "url": URL, "method": "PUT"}, 21209),
        ({"to": QUIET, "from_": FROM, "url": URL, "timeout": 601}, 21208),
        ({"to": QUIET, "from_": FROM, "twiml": "<Response/>" + " " * 4000}, 32018),
    ],
)
async def test_what_cannot_be_placed(phone: Phone, options: dict[str, Any], code: int) -> None:
    assert await refused(phone, lambda: phone.client.calls.create(**options)) == (400, code)
    assert await phone.rest(lambda: phone.client.calls.list()) == []


async def test_a_number_may_be_refused_by_the_api(phone: Phone) -> None:
    create = phone.client.calls.create
    assert await refused(phone, lambda: create(to=REFUSED, from_=FROM, url=URL)) == (429, 20429)
    assert await phone.rest(lambda: phone.client.calls.list()) == []


async def test_unknown_things_are_20404(phone: Phone) -> None:
    unknown = phone.client.calls("CA" + "0" * 32)
    assert await refused(phone, unknown.fetch) == (404, 20404)
    assert await refused(phone, lambda: unknown.update(status="completed")) == (404, 20404)
    assert await refused(phone, phone.client.messages("SM" + "0" * 32).fetch) == (404, 20404)


async def test_a_finished_call_cannot_be_changed(phone: Phone) -> None:
    call = await phone.call(SLOW)
    await phone.update(call.sid, status="canceled")
    await phone.ended(call.sid)
    finished = phone.client.calls(call.sid or "")
    assert await refused(phone, lambda: finished.update(status="completed")) == (400, 21220)
    assert await refused(phone, lambda: finished.update(twiml="<Response/>")) == (400, 21220)


async def test_only_a_call_in_progress_can_be_redirected(phone: Phone) -> None:
    ringing = phone.client.calls((await phone.call(SLOW)).sid or "")
    assert await refused(phone, lambda: ringing.update(twiml="<Response/>")) == (400, 21220)
    assert await refused(phone, lambda: ringing.update(twiml="<Response/>", url=URL)) == (400, 20001)


async def test_calls_over_the_rate_are_queued(phone: Phone) -> None:
    config = SimulatorConfig(scenarios_dir=phone.simulator.config.scenarios_dir, calls_per_second=2)
    async with Simulator(config) as slow:
        phone.client.api.base_url = slow.url
        first, second = [await phone.call(SLOW, status_callback_event=ALL_EVENTS) for _ in range(2)]
    assert first.queue_time == "0"
    assert 0 < int(second.queue_time or 0) <= 500
