"""The page of one call, live and afterwards, and the parts of it that the browser asks for again."""

from __future__ import annotations

import uuid
import wave
from typing import Any, Final

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from tasks_app import selectors, services
from tasks_app.audio import audio_file
from tasks_app.call_page.shown import ShownCall
from tasks_app.call_page.waveform import waveform
from tasks_app.refusals import Refusal
from telephony.recording import SIDES

PARTS: Final = {
    name: f"calls/{name}.html"
    for name in (
        "head",
        "transcript",
        "lines",
        "recording",
        "verdict",
        "latency",
        "cost",
        "files",
    )
}
"""What can be asked for alone, by name: its template."""


@never_cache
@login_required
@require_GET
def call_page(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """The whole page."""
    return render(request, "calls/page.html", _context(request, call_id))


@never_cache
@login_required
@require_GET
def call_part(request: HttpRequest, call_id: uuid.UUID, name: str) -> HttpResponse:
    """One part as it is now; of the timeline (`lines`) only what came after event `?after=`."""
    if name not in PARTS:
        raise Http404
    after = request.GET.get("after", "0")
    is_number = after.isascii() and after.isdigit() and len(after) < 10
    return render(request, PARTS[name], _context(request, call_id, after=int(after) if is_number else 0))


@login_required
@require_GET
def call_waveform(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """The shape of the recording, for drawing: `duration_ms`, and peaks of 0 to 255 of `caller` and `agent`."""
    call = _shown(request, call_id).call
    try:
        shape = waveform(audio_file(call, SIDES[0]))
    except (Refusal, OSError, EOFError, wave.Error):  # none, or none that can be read
        raise Http404 from None
    return JsonResponse(shape, headers={"Cache-Control": "private, max-age=3600"})


@login_required
@require_POST
def call_judge(request: HttpRequest, call_id: uuid.UUID) -> HttpResponse:
    """Have the call judged again."""
    services.call_analyse(call=_shown(request, call_id).call)
    if request.headers.get("HX-Request"):
        return render(request, PARTS["verdict"], _context(request, call_id))
    return redirect("call", call_id=call_id)


def _context(request: HttpRequest, call_id: uuid.UUID, *, after: int = 0) -> dict[str, Any]:
    shown = _shown(request, call_id, after=after)
    return {"shown": shown, "call": shown.call}


def _shown(request: HttpRequest, call_id: uuid.UUID, *, after: int = 0) -> ShownCall:
    try:
        return ShownCall(selectors.call_for(request.user, call_id), request.user, after=after)
    except Refusal:
        raise Http404 from None
