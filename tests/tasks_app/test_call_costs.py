"""What calls cost, from their rows, and as the API says it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from tasks_app.call_costs import call_cost, expected_per_minute, priced_calls
from tasks_app.costs import Part
from tasks_app.models import Analysis, Task
from telephony.lifecycle import Event
from telephony.models import Call, Recording, Transcription
from tests.tasks_app.conftest import NUMBER, MakeCall, MakeTask

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def talked(call: Call, seconds: int = 90, **fields: Any) -> Call:
    """The call as if it had been answered, held with an agent and ended after so long."""
    began = timezone.now() - dt.timedelta(seconds=seconds)
    changes = {
        "answered_at": began,
        "clock_started_at": began,
        "ended_at": began + dt.timedelta(seconds=seconds),
    }
    Call.objects.filter(pk=call.pk).update(**changes, duration_seconds=seconds, state="completed", **fields)
    return priced_calls().get(pk=call.pk)


def transcribed(call: Call) -> None:
    Recording.objects.create(call=call, state="finished", duration_ms=90_000)
    Transcription.objects.create(call=call, state="ready")


def judged(call: Call, **fields: Any) -> None:
    known = {"state": "ready", "provider": "openai", "model": "gpt-5.4-mini-2026-03-17"}
    Analysis.objects.create(call=call, **(known | {"input_tokens": 4_000, "output_tokens": 1_000} | fields))


def amounts(parts: tuple[Part, ...]) -> dict[str, float | None]:
    return {part.name: None if part.amount is None else float(part.amount) for part in parts}


def test_a_real_call_by_its_parts(make_call: MakeCall) -> None:
    call = make_call()
    transcribed(call)
    judged(call)
    cost = call_cost(talked(call))
    assert amounts(cost.parts) == {
        "telephone": 0.028,  # two started minutes
        "media_stream": 0.0088,
        "agent": 0.1125,  # a minute and a half
        "transcription": 0.0231,  # both sides of it
        "analysis_input": 0.003,
        "analysis_output": 0.0045,
    }
    assert float(cost.total) == pytest.approx(0.1799)
    assert (cost.complete, cost.final, cost.simulated) == (True, True, False)
    assert cost.prices_as_of == "2026-06-01"


def test_a_call_that_ends_as_it_is_answered_costs_a_minute(make_call: MakeCall) -> None:
    cost = call_cost(talked(make_call(), seconds=0))
    assert amounts(cost.parts) == {"telephone": 0.014, "media_stream": 0.0044, "agent": 0.0}


def test_a_call_that_nobody_answered_is_free(make_call: MakeCall) -> None:
    cost = call_cost(make_call(Event.RING, Event.NO_ANSWER))
    assert not cost.parts
    assert cost.total == 0
    assert cost.complete
    assert cost.final


def test_a_live_call_costs_what_it_has_used_so_far(make_call: MakeCall) -> None:
    call = make_call(Event.ANSWER)
    Call.objects.filter(pk=call.pk).update(answered_at=timezone.now() - dt.timedelta(seconds=150))
    cost = call_cost(priced_calls().get(pk=call.pk))
    assert amounts(cost.parts) == {"telephone": 0.042}
    assert not cost.final
    assert float(cost.per_minute.total) == pytest.approx(0.0140 + 0.0044 + 0.075)


@pytest.mark.parametrize("number", ["+442079460018", "+18005550123"], ids=["abroad", "toll-free"])
def test_a_number_of_another_tariff_has_no_known_price(make_call: MakeCall, number: str) -> None:
    cost = call_cost(talked(make_call(), to_number=number))
    assert amounts(cost.parts)["telephone"] is None
    assert (cost.complete, cost.unknown) == (False, ["telephone"])
    assert cost.total > 0


def test_a_model_without_a_price_is_named(make_call: MakeCall) -> None:
    call = make_call()
    judged(call, model="gpt-99")
    assert call_cost(talked(call)).unknown == ["analysis_input", "analysis_output"]


def test_a_failed_verdict_has_used_nobody_knows_how_much(make_call: MakeCall) -> None:
    call = make_call()
    judged(call, state="failed", provider="", model="", input_tokens=0, output_tokens=0, attempts=1)
    assert call_cost(talked(call)).unknown == ["analysis_input", "analysis_output"]


def test_your_own_server_is_not_billed_by_the_token(make_call: MakeCall) -> None:
    call = make_call()
    judged(call, provider="local", model="qwen2.5:7b")
    cost = call_cost(talked(call))
    assert amounts(cost.parts)["analysis_input"] == 0
    assert cost.complete


def test_what_is_still_to_come_is_not_final(make_call: MakeCall) -> None:
    call = make_call()
    judged(call, state="pending", provider="", input_tokens=0, output_tokens=0)
    assert not call_cost(talked(call)).final


def test_a_simulated_call_costs_nothing_and_says_what_it_would(make_call: MakeCall) -> None:
    call = make_call()
    judged(call, provider="simulator", simulated=True)
    cost = call_cost(talked(call, simulated=True))
    assert cost.total == 0
    assert cost.simulated
    assert cost.complete
    assert float(cost.at_list_price) == pytest.approx(0.028 + 0.0088 + 0.1125 + 0.003 + 0.0045)


def test_what_a_minute_will_cost_follows_the_settings(settings: Settings) -> None:
    settings.DEEPGRAM_API_KEY = "key"
    assert float(expected_per_minute(NUMBER).total) == pytest.approx(0.0140 + 0.0044 + 0.075 + 2 * 0.0077)
    settings.POST_CALL_TRANSCRIPTION = False
    settings.AGENT_PRICE = "deepgram/agent/own-endpoint"
    assert expected_per_minute(NUMBER).unknown == ["agent"]
    settings.DEEPGRAM_VOICE_AGENT_ENABLED = False
    assert float(expected_per_minute(NUMBER).total) == pytest.approx(0.0184)


def test_the_api_says_it(api: APIClient, make_call: MakeCall) -> None:
    call = make_call()
    talked(call, to_number="+442079460018")
    cost = api.get(f"/api/calls/{call.pk}").json()["cost"]
    assert list(cost) == [
        *("currency", "total", "at_list_price", "complete", "unknown", "simulated"),
        *("final", "parts", "per_minute", "prices_as_of"),
    ]
    assert (cost["currency"], cost["complete"], cost["unknown"]) == ("USD", False, ["telephone"])
    assert cost["parts"][0] == {
        "name": "telephone",
        "label": "Telephone, to GB",
        "quantity": 2.0,
        "unit": "minute",
        "unit_price": None,
        "amount": None,
        "simulated": False,
    }
    assert cost["per_minute"]["unknown"] == ["telephone"]


def test_the_list_adds_up_each_task_in_a_constant_number_of_queries(
    api: APIClient,
    make_task: MakeTask,
    make_call: MakeCall,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    def called(task: Task) -> None:
        for _ in range(2):
            call = make_call(task=task)
            transcribed(call)
            judged(call)
            talked(call)

    called(make_task())
    api.get("/api/tasks")  # the key's last use is noted once a minute
    with django_assert_num_queries(5):
        api.get("/api/tasks")
    for _ in range(9):
        called(make_task())
    with django_assert_num_queries(5):
        rows = api.get("/api/tasks").json()
    assert [row["cost"]["total"] for row in rows] == [pytest.approx(2 * 0.1799)] * 10
