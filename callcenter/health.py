"""What a load balancer and the supervisor ask: does the process live, and may it get work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from callcenter import data_root, tables
from telephony import live

_migrated = False
_shares_data_root = False


@require_safe
async def health(request: HttpRequest) -> JsonResponse:
    """The process answers. Asks nothing else of anybody."""
    return JsonResponse({"status": "ok"})


@require_safe
def readiness(request: HttpRequest) -> JsonResponse:
    """200 when requests can be served; 503 with the reasons when not."""
    reasons = ["The server is stopping."] if live.is_draining() else []
    reasons += _database_problems()
    if reasons:
        return JsonResponse({"status": "unavailable", "reasons": reasons}, status=503)
    return JsonResponse({"status": "ready"})


def _database_problems() -> list[str]:
    global _migrated, _shares_data_root
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        _migrated = _migrated or tables.are_current()
        if not _migrated:
            return ["Migrations are missing: run `manage.py migrate`."]
        if not _shares_data_root and (problem := data_root.problem()):
            return [problem]
    except DatabaseError:
        return ["The database cannot be reached."]
    _shares_data_root = True
    return []
