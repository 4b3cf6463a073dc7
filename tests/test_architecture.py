"""The product keeps its own rules, and each rule is shown to bite, so that one which has gone blind is noticed."""

from __future__ import annotations

import pytest

from tests.architecture_rules import (
    MAX_LINES,
    RULES,
    Module,
    Rule,
    apps_import_downwards,
    edges_leave_other_apps_edges_alone,
    environment_is_read_in_one_place,
    files_are_short,
    files_say_what_they_are,
    models_and_services_know_no_edges,
    only_services_write_calls,
    product,
    pure_modules_stay_pure,
    simulator_and_product_are_strangers,
    telephony_follows_no_task,
)

pytestmark = pytest.mark.unit


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_product_keeps_the_rule(rule: Rule) -> None:
    complaints = sorted(set(rule(product())))
    assert not complaints, "\n".join(["", *complaints])


def test_the_whole_product_is_read() -> None:
    names = {module.name for module in product()}
    assert {
        "manage",
        "callcenter.settings",
        "telephony.services",
        "telemetry.record",
        "simulator.world",
    } <= names


BROKEN = [
    (apps_import_downwards, "telephony.session", "from tasks_app.models import Task"),
    (apps_import_downwards, "telephony.session", "import callcenter.settings"),
    (apps_import_downwards, "telemetry.record", "def f():\n    from telephony import services"),
    (apps_import_downwards, "tasks_app.api", "from callcenter.env import Env"),
    (simulator_and_product_are_strangers, "simulator.room", "from telephony.twilio import messages"),
    (simulator_and_product_are_strangers, "callcenter.supervisor", "import simulator"),
    (pure_modules_stay_pure, "telephony.bridge", "import asyncio"),
    (pure_modules_stay_pure, "telephony.lifecycle", "from django.db import models"),
    (pure_modules_stay_pure, "telephony.twilio.messages", "from twilio.rest import Client"),
    (edges_leave_other_apps_edges_alone, "tasks_app.api", "from telephony.twilio.webhooks import voice"),
    (edges_leave_other_apps_edges_alone, "tasks_app.feed", "from telephony import consumers"),
    (models_and_services_know_no_edges, "telephony.models", "from telephony import services"),
    (models_and_services_know_no_edges, "tasks_app.selectors", "from tasks_app.api import TaskViewSet"),
    (environment_is_read_in_one_place, "telephony.session", "import os\nos.environ.get('PORT')"),
    (environment_is_read_in_one_place, "simulator.config", "from os import getenv"),
    (environment_is_read_in_one_place, "callcenter.asgi", "import os\nos.environ.setdefault('PORT', '1')"),
    (
        environment_is_read_in_one_place,
        "telephony.asgi",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', '')",
    ),
    (telephony_follows_no_task, "telephony.session", "call.task.objective"),
    (telephony_follows_no_task, "telephony.session", "Call.objects.select_related('owner', 'task')"),
    (telephony_follows_no_task, "telephony.session", "Call.objects.filter(task__owner=1)"),
    (only_services_write_calls, "tasks_app.receivers", "Call.objects.filter(pk=1).update(state='failed')"),
    (only_services_write_calls, "telephony.session", "call.save()"),
    (only_services_write_calls, "telephony.session", "async def f():\n    await Turn.objects.acreate()"),
    (only_services_write_calls, "telephony.session", "call.state = 'failed'"),
    (files_say_what_they_are, "telephony.session", "x = 1"),
    (files_are_short, "telephony.session", "x = 1\n" * (MAX_LINES + 1)),
]


@pytest.mark.parametrize(
    ("rule", "name", "source"), BROKEN, ids=lambda value: getattr(value, "__name__", None)
)
def test_the_rule_bites(rule: Rule, name: str, source: str) -> None:
    [complaint] = rule([Module(name, source)])
    assert name in complaint


KEPT = [
    (
        apps_import_downwards,
        "callcenter.asgi",
        "from telephony.routing import urls\nfrom telemetry import record",
    ),
    (
        pure_modules_stay_pure,
        "telephony.bridge",
        "from django.utils import timezone",
    ),
    (
        edges_leave_other_apps_edges_alone,
        "tasks_app.api",
        "from tasks_app.feed import x\nfrom telephony.services import y",
    ),
    (environment_is_read_in_one_place, "callcenter.env", "import os\nos.environ.get('PORT')"),
    (
        environment_is_read_in_one_place,
        "manage",
        "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'x')",
    ),
    (telephony_follows_no_task, "telephony.tasks", "@app.task\ndef f(): call.task_id"),
    (telephony_follows_no_task, "tasks_app.api", "call.task.objective"),
    (only_services_write_calls, "telephony.services", "Call.objects.update(state='failed')"),
    (
        only_services_write_calls,
        "tasks_app.services",
        "Task.objects.create()\nclient.calls.create()\nseen.update(x)",
    ),
    (files_are_short, "telephony.session", "x = 1\n" * MAX_LINES),
    (files_say_what_they_are, "telephony", ""),
    (files_say_what_they_are, "telephony.session", '"""One live call."""\nx = 1'),
]


@pytest.mark.parametrize(("rule", "name", "source"), KEPT, ids=lambda value: getattr(value, "__name__", None))
def test_the_rule_lets_through(rule: Rule, name: str, source: str) -> None:
    assert list(rule([Module(name, source)])) == []


def test_impurity_is_found_behind_a_module_between() -> None:
    modules = [
        Module("telephony.bridge", "from telephony.gate import Gate"),
        Module("telephony.gate", "from .helpers import wait"),
        Module("telephony.helpers", "import asyncio"),
    ]
    [complaint] = pure_modules_stay_pure(modules)
    assert "telephony.bridge -> telephony.gate -> telephony.helpers line 1 imports asyncio" in complaint
