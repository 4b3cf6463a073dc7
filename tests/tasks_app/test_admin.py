"""The admin: what staff find there, that its lists cost the same for many rows, and that history stays as it is."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from tasks_app.models import Analysis
from telephony import services
from telephony.events import EventType, NewEvent
from telephony.lifecycle import Event
from telephony.models import Call, Transcription
from tests.tasks_app.conftest import MakeCall, MakeTask, record, say, signed_in
from tests.tasks_app.twilio_rest import TwilioRest

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

TABLES = [
    "tasks_app/task",
    "tasks_app/analysis",
    "telephony/call",
    "telephony/callevent",
    "telephony/turn",
    "telephony/recording",
    "telephony/transcription",
]
SECRET = "ocelot"
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def judged_call(make_call: MakeCall) -> Call:
    """A finished call with everything that belongs to one."""
    call = make_call(Event.ANSWER)
    record(call)
    say(call, 1, "caller", "Hello?", 300)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE)
    Transcription.objects.get_or_create(call=call)
    Analysis.objects.filter(call=call).delete()
    Analysis.objects.create(call=call, state="ready", provider="openai", outcome="success")
    call.refresh_from_db()
    return call


def act(client: APIClient, table: str, action: str, *keys: object) -> str:
    """Choose rows and an action; the page after it."""
    chosen = {"action": action, "_selected_action": [str(key) for key in keys]}
    answer = client.post(f"/admin/{table}/", chosen, follow=True)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_lists_cost_the_same_for_5_rows_and_for_50(root: User, make_call: MakeCall) -> None:
    client = signed_in(root)

    def queries() -> dict[str, int]:
        counted = {}
        for table in TABLES:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/admin/{table}/").status_code == 200
            counted[table] = len(captured)
        return counted

    for _ in range(5):
        judged_call(make_call)
    few = queries()
    for _ in range(45):
        judged_call(make_call)
    assert queries() == few
    assert max(few.values()) <= 9


@pytest.mark.parametrize("table", TABLES)
def test_everything_is_found_by_the_id_of_its_call_or_task(
    root: User, make_call: MakeCall, table: str
) -> None:
    client, call = signed_in(root), judged_call(make_call)
    judged_call(make_call)
    wanted = call.task_id if table == "tasks_app/task" else call.pk
    rows = client.get(f"/admin/{table}/", {"q": str(wanted)}).content.decode()
    assert len(re.findall(r'<tr>\s*<td class="action-checkbox">|<tr>\s*<th class="field', rows)) >= 1
    assert client.get(f"/admin/{table}/", {"q": "no such thing"}).status_code == 200
    other = Call.objects.exclude(pk=call.pk).get()
    assert str(other.pk) not in rows


def test_tasks_calls_and_what_belongs_to_them_lead_to_each_other(root: User, make_call: MakeCall) -> None:
    client, call = signed_in(root), judged_call(make_call)
    seen = set()
    waiting = [f"/admin/tasks_app/task/{call.task_id}/change/"]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            answer = client.get(path.replace("&amp;", "&"))
            assert answer.status_code == 200, path
            main = answer.content.decode().partition('id="content"')[2]
            waiting += re.findall(
                r'href="(/admin/(?:telephony|tasks_app)/\w+/(?:\?call__id__exact=[^"]+|[\w-]+/change/))"',
                main,
            )
    tables = {path.split("/")[3] for path in seen}
    assert tables == {"task", "call", "turn", "callevent", "recording", "analysis"}
    page = client.get(f"/admin/telephony/call/{call.pk}/change/").content.decode()
    assert f'href="/calls/{call.pk}/"' in page
    tasks = client.get("/admin/tasks_app/task/").content.decode()
    assert f"/admin/telephony/call/?task__id__exact={call.task_id}" in tasks
    assert client.get("/admin/telephony/call/", {"task__id__exact": str(call.task_id)}).status_code == 200


def test_the_newest_come_first_and_those_of_one_call_in_their_order(root: User, make_call: MakeCall) -> None:
    client, older, newer = signed_in(root), make_call(Event.RING), make_call(Event.RING)

    def numbers(**query: str) -> list[str]:
        page = client.get("/admin/telephony/callevent/", query).content.decode()
        return re.findall(r'field-seq"><a[^>]*>(\d+)</a>', page)

    assert numbers() == ["2", "1", "2", "1"]
    assert numbers(call__id__exact=str(older.pk)) == ["1", "2"]
    assert numbers(type="call_status", q=str(newer.pk)) == ["2", "1"]
    assert numbers(type="dtmf") == []


def test_rows_cannot_be_changed_or_deleted(root: User, make_call: MakeCall) -> None:
    client, call = signed_in(root), make_call()
    for path in (f"/admin/telephony/call/{call.pk}", f"/admin/tasks_app/task/{call.task_id}"):
        assert client.post(f"{path}/change/", {"state": "failed"}).status_code == 403
        assert client.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    call.refresh_from_db()
    assert call.state == "reserved"


def test_the_walk_away_point_and_raw_answers_are_nowhere(
    root: User, make_task: MakeTask, make_call: MakeCall
) -> None:
    call = make_call(task=make_task(walkaway_point=SECRET))
    analysis = Analysis.objects.create(call=call, state="ready", raw_answer=SECRET)
    client = signed_in(root)
    for path in (
        *(f"{table}/" for table in TABLES),
        f"tasks_app/task/{call.task_id}/change/",
        f"telephony/call/{call.pk}/change/",
        f"tasks_app/analysis/{analysis.pk}/change/",
    ):
        answer = client.get(f"/admin/{path}")
        assert answer.status_code == 200, path
        assert SECRET not in answer.content.decode(), path


def test_markup_in_a_task_or_on_the_phone_stays_text(
    root: User, make_task: MakeTask, make_call: MakeCall
) -> None:
    call = make_call(Event.ANSWER, task=make_task(objective=MARKUP, context=MARKUP))
    say(call, 1, "caller", MARKUP, 300)
    services.event_append(call_id=call.pk, events=[NewEvent(EventType.STREAM, {"detail": MARKUP})])
    Analysis.objects.create(call=call, state="failed", failure=MARKUP, provider="openai", model=MARKUP[:90])
    client = signed_in(root)
    for path in (
        *(f"{table}/" for table in TABLES),
        f"tasks_app/task/{call.task_id}/change/",
        f"telephony/call/{call.pk}/change/",
    ):
        page = client.get(f"/admin/{path}").content.decode()
        assert "<script>alert" not in page, path
        assert "<img src=x" not in page, path


# --- actions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["tasks_app/analysis", "telephony/call", "tasks_app/task"])
def test_staff_may_have_a_call_judged_again(root: User, make_call: MakeCall, table: str) -> None:
    call = judged_call(make_call)
    Transcription.objects.update(state="ready")
    keys = {"tasks_app/analysis": call.analyses.get().pk, "telephony/call": call.pk}
    page = act(signed_in(root), table, "analyse_again", keys.get(table, call.task_id))
    assert "1 call is being judged again." in page
    assert sorted(Analysis.objects.values_list("state", flat=True)) == ["pending", "ready"]


@pytest.mark.parametrize("table", ["telephony/call", "tasks_app/task"])
def test_staff_may_stop_a_call(root: User, make_call: MakeCall, twilio: TwilioRest, table: str) -> None:
    call, over = make_call(Event.ANSWER), judged_call(make_call)
    services.call_identify(call_id=call.pk, call_sid="CA" + "5" * 32)
    keys = (call.pk, over.pk) if table == "telephony/call" else (call.task_id, over.task_id)
    page = act(signed_in(root), table, "stop", *keys)
    assert "1 call is being ended." in page
    assert [update["Status"] for update in twilio.updates] == ["completed"]
    assert "No call was running." in act(signed_in(root), table, "stop", keys[1])


def test_staff_may_call_again_and_see_why_not(root: User, make_call: MakeCall, twilio: TwilioRest) -> None:
    over, live = judged_call(make_call), make_call(Event.ANSWER)
    page = act(signed_in(root), "tasks_app/task", "call_again", over.task_id, live.task_id)
    assert f"Task {over.task_id} is being called." in page
    assert f"Task {live.task_id}: This task has a call in progress" in page
    assert len(twilio.creates) == 1
    newest = Call.objects.filter(task_id=over.task_id).latest("created_at")
    assert newest.owner_id == over.owner_id, "whoever presses the button"


def test_nobody_dials_many_by_mistake(root: User, make_task: MakeTask, twilio: TwilioRest) -> None:
    page = act(signed_in(root), "tasks_app/task", "call_again", *(make_task().pk for _ in range(6)))
    assert "Choose 5 tasks at most" in page
    assert not twilio.creates


def test_who_may_only_look_has_no_actions(bob: User, make_call: MakeCall, twilio: TwilioRest) -> None:
    bob.is_staff = True
    bob.save()
    bob.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    call = make_call(Event.ANSWER)
    page = act(signed_in(bob), "telephony/call", "stop", call.pk)
    assert 'value="stop"' not in page
    assert not twilio.updates
    bob.user_permissions.add(Permission.objects.get(codename="change_task"))
    assert 'value="stop"' in signed_in(bob).get("/admin/telephony/call/").content.decode()
