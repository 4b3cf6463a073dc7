"""The page on which a person is the one whom the agent calls. Only with the simulator."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from tasks_app.talk import VISITOR_NUMBER

ERRAND = "Get my internet bill below sixty dollars a month"


@never_cache
@login_required
@require_GET
def talk(request: HttpRequest) -> HttpResponse:
    """The page; the browser places the call and takes it."""
    if not settings.SIMULATED:
        raise Http404
    return render(request, "talk/page.html", {"number": VISITOR_NUMBER, "errand": ERRAND})
