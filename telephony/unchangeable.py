"""Admin pages that only show."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Unchangeable:
    """Rows that are only looked at. Deleting them alone would leave their sound on the disk."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(Unchangeable, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """A table that grows: nothing in its list costs a query for each row."""

    show_full_result_count = False
