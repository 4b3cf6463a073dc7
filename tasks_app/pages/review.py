"""The review before dialling: what will be said, what will not, what it costs, and whether it may be dialled."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tasks_app import selectors, services
from tasks_app.call_costs import expected_per_minute
from tasks_app.dialling import dial_checks
from tasks_app.models import Task
from tasks_app.pages.writing import find_task
from tasks_app.refusals import Refusal
from telephony import disk_room, number_facts, prompts

HIDDEN: Final = "[your limit stands here; pages other than the form do not show it]"


@dataclass(frozen=True, slots=True)
class ShownCheck:
    """A check by name. `state`: ok, failed, or unknown for one that was not looked at."""

    name: str
    state: str
    message: str = ""


@never_cache
@login_required
@require_GET
def task(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """A task is its latest call; one that was never called is its review."""
    call = selectors.latest_call(find_task(request, task_id))
    return redirect("call", call_id=call.pk) if call else redirect("task-review", task_id=task_id)


@never_cache
@login_required
@require_GET
def task_review(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Everything that is known before the number is dialled."""
    found = find_task(request, task_id)
    brief = services.task_brief(found)
    shown = replace(brief, walkaway_point=HIDDEN) if brief.walkaway_point else brief
    checks = _checks(found)
    context = {
        "task": found,
        "calls": list(found.calls.all()),
        "is_owner": found.owner_id == request.user.pk,
        "opening": prompts.opening_line(brief),
        "principal": brief.on_behalf_of or prompts.NOBODY_NAMED,
        "is_principal_named": bool(brief.on_behalf_of),
        "prompt": prompts.system_prompt(shown, opening_spoken=True),
        "facts": number_facts.facts(found.target_phone, timezone.now()),
        "per_minute": expected_per_minute(found.target_phone),
        "max_minutes": settings.MAX_CALL_SECONDS // 60,
        "checks": checks,
        "may_dial": all(check.state == "ok" for check in checks),
    }
    return render(request, "tasks/review.html", context)


@login_required
@require_POST
def task_dial(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Call now. Whatever forbids it is said on the review."""
    try:
        call = services.task_start_call(task=find_task(request, task_id))
    except Refusal as refusal:
        if refusal.code == "call_in_progress" and refusal.session_id:
            return redirect("call", call_id=refusal.session_id)
        messages.error(request, f"Nothing was dialled. {refusal}")
        return redirect("task-review", task_id=task_id)
    return redirect("call", call_id=call.pk)


def _checks(found: Task) -> list[ShownCheck]:
    """The number's checks, and what else has to be right before a call."""
    is_live = any(call.is_live for call in found.calls.all())
    no_room = disk_room.problem()
    return [
        *(
            ShownCheck(
                check.name,
                "ok" if check.passed else "failed" if check.looked_at else "unknown",
                check.blocked.message if check.blocked else "",
            )
            for check in dial_checks(found.target_phone, owner_id=found.owner_id)
        ),
        ShownCheck(
            "Providers are configured",
            "failed" if settings.DIAL_PROBLEMS else "ok",
            " ".join(settings.DIAL_PROBLEMS),
        ),
        ShownCheck("The recording has room", "failed" if no_room else "ok", no_room),
        ShownCheck(
            "No call of this task is in progress",
            "failed" if is_live else "ok",
            "Stop it, or wait for its end." if is_live else "",
        ),
    ]
