"""`/setup/`: what works and what is missing; and, where calls are simulated, people to phone."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from callcenter.readiness import Check, Readiness, recent_readiness
from callcenter.readiness.http import Unanswered, get
from callcenter.scenario_run import ERRAND
from tasks_app import services
from tasks_app.refusals import Refusal

TITLES: Final = {
    "settings": "Settings",
    "database": "Database",
    "migrations": "Tables",
    "data_root": "Data folder",
    "broker": "Broker",
    "worker": "Worker",
    "public_base_url": "Public address",
    "media_base_url": "Address for audio",
    "twilio_account": "Twilio account",
    "twilio_number": "Twilio number",
    "voice_agent": "Voice agent",
    "deepgram_key": "Deepgram key",
    "transcription": "Transcription",
    "llm": "Verdicts",
    "simulated_voice": "Simulated voices",
}
NOT_SAID = "Nothing is known of the simulator's people: it does not answer. Restart `manage.py up`."


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the list."""

    title: str
    check: Check


@dataclass(frozen=True, slots=True)
class Address:
    """Where Twilio finds something of ours; "" while the address it begins with is not set."""

    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Callee:
    """Somebody whom the simulator answers for."""

    name: str
    number: str
    description: str

    @property
    def title(self) -> str:
        """The name as a person would write it."""
        return self.name.replace("_", " ").capitalize().replace("Ivr", "IVR")


@never_cache
@login_required
@require_GET
def setup(request: HttpRequest) -> HttpResponse:
    """The page; its list comes by itself, since asking everybody may take seconds."""
    callees, trouble = _callees()
    shown = {
        "addresses": _addresses(),
        "callees": callees,
        "trouble": trouble,
        "dial_problems": settings.DIAL_PROBLEMS,
        "production": settings.PRODUCTION,
    }
    return render(request, "setup/page.html", shown)


@never_cache
@login_required
@require_GET
def setup_checks(request: HttpRequest) -> HttpResponse:
    """The list of checks. 204 when it is the one that `?seen=` names: what did not change is not written again."""
    found = recent_readiness()
    version = _version(found)
    if request.GET.get("seen") == version:
        return HttpResponse(status=204)
    items = [Item(TITLES.get(check.name, check.name.replace("_", " ")), check) for check in found.checks]
    return render(request, "setup/checks.html", {"readiness": found, "items": items, "version": version})


@login_required
@require_POST
def setup_call(request: HttpRequest) -> HttpResponse:
    """Phone one of the simulator's people, for an errand that all of them understand, and show the call."""
    callees, trouble = _callees()
    callee = next((one for one in callees if one.name == request.POST.get("name")), None)
    if callee is None:
        if trouble:
            messages.error(request, trouble)
            return redirect("setup")
        raise Http404("There is nobody of this name.")
    user = request.user
    assert isinstance(user, User)
    errand: services.TaskFields = {**ERRAND, "target_phone": callee.number}
    task = services.task_create(owner=user, **errand)
    try:
        call_id = services.task_start_call(task=task).pk
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("call", call_id=refusal.session_id) if refusal.session_id else redirect("setup")
    return redirect("call", call_id=call_id)


def _callees() -> tuple[list[Callee], str]:
    """Whom the simulator answers for, by number, and what went wrong; nobody where calls are real."""
    if not settings.SIMULATED:
        return [], ""
    try:
        answer = get(f"{settings.SIMULATOR_URL}/simulator/scenarios")
    except Unanswered:
        return [], NOT_SAID
    if answer.status != 200 or not isinstance(answer.body, list):
        return [], NOT_SAID
    found = [Callee(row["name"], row["number"], row["description"]) for row in answer.body]
    return sorted(found, key=lambda one: one.number), ""


def _addresses() -> list[Address]:
    """Each call names them to Twilio by itself."""
    public, media = settings.PUBLIC_BASE_URL, settings.MEDIA_BASE_URL.replace("http", "ws", 1)
    return [
        Address("Public address", public),
        *(
            Address(title, f"{public}{reverse(name)}" if public else "")
            for title, name in (("Voice webhook", "twilio-voice"), ("Status callback", "twilio-status"))
        ),
        Address("Media stream", f"{media}/twilio/media-stream" if media else ""),
    ]


def _version(found: Readiness) -> str:
    """Changes when a check does."""
    said = repr([(check.name, check.state, check.message, check.fix) for check in found.checks])
    return sha256(said.encode()).hexdigest()[:12]
