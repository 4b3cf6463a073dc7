"""Writing a task: examples, copies, errors by field, the number as it is typed."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.contrib.auth.models import User

from tasks_app.models import Task
from tasks_app.pages.examples import EXAMPLES
from tasks_app.pages.task_form import NAMES, TaskForm
from telephony.lifecycle import Event
from tests.tasks_app.conftest import NUMBER, MakeCall, MakeTask, new_id, signed_in

pytestmark = [pytest.mark.integration, pytest.mark.django_db]

WRITTEN = {
    "target_phone": "(212) 555-0134",
    "task_type": "bill_reduction",
    "objective": "Get the bill down",
    "context": "Six years\r\na customer",
    "target_outcome": "",
    "walkaway_point": "$75, ocelot",
    "style": "assertive",
    "opening_line": "",
    "agent_persona": "",
}


def field(page: str, name: str) -> str:
    """What stands in a text area."""
    found = re.search(rf'<textarea id="{name}"[^>]*>\n([^<]*)</textarea>', page)
    assert found, name
    return html.unescape(found[1])


def test_a_task_is_written_and_shown_for_review(alice: User) -> None:
    answer = signed_in(alice).post("/tasks/new/", WRITTEN)
    task = Task.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/tasks/{task.pk}/review/")
    assert (task.owner, task.status, task.target_phone) == (alice, "pending", NUMBER)
    assert task.context == "Six years\na customer"
    assert (task.walkaway_point, task.style) == ("$75, ocelot", "assertive")


def test_every_error_stands_at_its_field_and_the_first_has_the_focus(alice: User) -> None:
    answer = signed_in(alice).post("/tasks/new/", {**WRITTEN, "target_phone": "911", "objective": " "})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "2 fields need a correction" in page
    assert re.search(
        r'<input id="target_phone"[^>]*value="911"[^>]*aria-invalid="true" autofocus', page, re.S
    )
    assert page.count("autofocus") == 1
    assert 'aria-describedby="objective-hint objective-error"' in page
    assert field(page, "walkaway_point") == "$75, ocelot"
    assert not Task.objects.exists()


@pytest.mark.parametrize("slug", EXAMPLES)
def test_an_example_needs_only_a_number(alice: User, slug: str) -> None:
    page = signed_in(alice).get(f"/tasks/new/?example={slug}&target_phone=%2B12125550134").content.decode()
    assert field(page, "objective") == EXAMPLES[slug].fields["objective"]
    form = TaskForm(
        {name: str(EXAMPLES[slug].fields.get(name, "")) for name in NAMES} | {"target_phone": NUMBER}
    )
    assert form.check(), form.errors


def test_a_copy_has_the_limit_only_for_who_wrote_it(
    alice: User, root: User, bob: User, make_task: MakeTask
) -> None:
    task = make_task(**{**WRITTEN, "target_phone": NUMBER})
    path = f"/tasks/new/?copy={task.pk}"
    own = signed_in(alice).get(path).content.decode()
    assert (field(own, "objective"), field(own, "walkaway_point")) == ("Get the bill down", "$75, ocelot")
    assert field(signed_in(root).get(path).content.decode(), "walkaway_point") == ""
    assert signed_in(bob).get(path).status_code == 404
    for wrong in ("x", new_id()):
        assert signed_in(alice).get(f"/tasks/new/?copy={wrong}").status_code == 404


def test_a_task_is_edited_until_it_was_called(alice: User, root: User, make_task: MakeTask) -> None:
    task = make_task(**{**WRITTEN, "target_phone": NUMBER})
    path = f"/tasks/{task.pk}/edit/"
    assert signed_in(root).get(path).status_code == 404
    client = signed_in(alice)
    assert field(client.get(path).content.decode(), "walkaway_point") == "$75, ocelot"
    answer = client.post(path, {**WRITTEN, "objective": "Another", "walkaway_point": ""})
    assert answer["Location"] == f"/tasks/{task.pk}/review/"
    task.refresh_from_db()
    assert (task.objective, task.walkaway_point) == ("Another", "")


def test_what_the_agent_was_told_stays(alice: User, make_call: MakeCall) -> None:
    call = make_call(Event.QUEUE)
    answer = signed_in(alice).post(f"/tasks/{call.task_id}/edit/", WRITTEN)
    assert answer.status_code == 409
    assert "duplicate it instead" in answer.content.decode()
    assert Task.objects.get().objective == "Get the bill under $60"


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("212 555 0134", ["(212) 555-0134", 'data-country="US"', "landline or mobile", " there"]),
        ("+1 800 555 0199", ["toll-free", "several time zones"]),
        ("911", ["Emergency numbers"]),
        ("12", ["✕"]),
        ("+49 30 12345678", ["ALLOWED_COUNTRIES"]),
        ("", []),
    ],
)
def test_a_number_is_judged_while_it_is_typed(alice: User, typed: str, told: list[str]) -> None:
    page = signed_in(alice).post("/tasks/new/number/", {"target_phone": typed}).content.decode()
    for text in told:
        assert text in page
    assert bool(page.strip()) == bool(told)


def test_the_opening_is_shown_while_it_is_written(alice: User) -> None:
    said: Any = signed_in(alice).post("/tasks/new/opening/", {"opening_line": "I want to book a table."})
    assert "AI assistant calling on behalf of Alice Doe. I want to book a table." in html.unescape(
        said.content.decode()
    )
