"""The admin's lists cost the same however many rows they show, and change nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks_app.models import Analysis
from telephony import services
from telephony.lifecycle import Event
from telephony.models import Transcription
from tests.tasks_app.conftest import MakeCall, record, say, signed_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


@pytest.mark.parametrize(
    "table",
    [
        "tasks_app/task",
        "tasks_app/analysis",
        "telephony/call",
        "telephony/callevent",
        "telephony/turn",
        "telephony/recording",
        "telephony/transcription",
    ],
)
def test_a_list_costs_the_same_for_many_rows(root: User, make_call: MakeCall, table: str) -> None:
    client = signed_in(root)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(f"/admin/{table}/").status_code == 200
        return len(queries)

    def add_one() -> None:
        call = make_call(Event.ANSWER)
        record(call)
        say(call, 1, "caller", "Hello?", 300)
        Transcription.objects.create(call=call)
        Analysis.objects.create(call=call)

    add_one()
    before = queries()
    for _ in range(5):
        add_one()
    assert queries() == before


def test_rows_cannot_be_changed_or_deleted(root: User, make_call: MakeCall) -> None:
    client, call = signed_in(root), make_call()
    for path in (f"/admin/telephony/call/{call.pk}", f"/admin/tasks_app/task/{call.task_id}"):
        assert client.post(f"{path}/change/", {"state": "failed"}).status_code == 403
        assert client.post(f"{path}/delete/", {"post": "yes"}).status_code == 403
    call.refresh_from_db()
    assert call.state == "reserved"


def test_staff_may_have_a_call_judged_again(root: User, make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER)
    services.call_advance(call_id=call.pk, event=Event.COMPLETE)
    first = Analysis.objects.get(call=call)
    Analysis.objects.filter(pk=first.pk).update(state=Analysis.State.FAILED)
    chosen = {"action": "analyse_again", "_selected_action": [str(first.pk)]}
    assert signed_in(root).post("/admin/tasks_app/analysis/", chosen).status_code == 302
    assert sorted(Analysis.objects.values_list("state", flat=True)) == ["failed", "pending"]
