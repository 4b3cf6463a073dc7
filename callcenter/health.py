"""What a load balancer and the supervisor ask: does the process live, and may it get work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from telephony import live

_migrated = False


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
    global _migrated
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _migrated:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return ["The database cannot be reached."]
    return [] if _migrated else ["Migrations are missing: run `manage.py migrate`."]
