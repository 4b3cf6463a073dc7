"""The control API, where it is not shown by the tests of calls and streams."""

from __future__ import annotations

import pytest

from tests.simulator.twilio.conftest import QUIET, SLOW, Phone

pytestmark = pytest.mark.integration


async def test_scenarios_and_calls_are_listed(phone: Phone) -> None:
    base = f"{phone.simulator.url}/simulator"
    async with phone.http.get(f"{base}/scenarios") as response:
        scenarios = await response.json()
    assert {"name": "clerk", "number": QUIET, "description": "for tests"} in scenarios
    call = await phone.call(SLOW)
    async with phone.http.get(f"{base}/calls") as response:
        (listed,) = await response.json()
    assert (listed["sid"], listed["scenario"], listed["ended_by"]) == (call.sid, "slow", None)
    assert [entry["status"] for entry in listed["statuses"]][:1] == ["queued"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "text"),
    [
        ("GET", "CA0", None, 404, "no call CA0"),
        ("GET", "{sid}/heard.ulaw", None, 404, "no stream 0: the call has had 0"),
        ("GET", "{sid}/said.ulaw?stream=x", None, 404, "no stream x"),
        ("POST", "{sid}/cross", None, 400, 'the body must be {"with": "<CallSid>"}'),
        ("POST", "{sid}/cross", b"{", 400, 'the body must be {"with": "<CallSid>"}'),
        ("POST", "{sid}/cross", b'{"with": "{sid}"}', 409, "both calls must have a running stream"),
    ],
)
async def test_what_cannot_be_had_is_said_in_words(
    phone: Phone, method: str, path: str, body: bytes | None, status: int, text: str
) -> None:
    sid = str((await phone.call(SLOW)).sid)
    url = f"{phone.simulator.url}/simulator/calls/{path.format(sid=sid)}"
    data = body.replace(b"{sid}", sid.encode()) if body else None
    headers = {"Content-Type": "application/json"}
    async with phone.http.request(method, url, data=data, headers=headers) as response:
        assert response.status == status
        assert text in await response.text()
