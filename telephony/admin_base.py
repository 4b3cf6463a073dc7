"""Admin pages that only show, and lead from one to another."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class ReadOnly:
    """Rows that the product writes, and people only read or delete."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Unchangeable(ReadOnly):
    """Rows that are only looked at. Deleting them alone would leave their sound on the disk."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryAdmin(Unchangeable, admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    """A table that grows: nothing in its list costs a query for each row."""

    show_full_result_count = False
    list_per_page = 50


class OfCallAdmin(HistoryAdmin):
    """Rows of a call: found by its id, and leading to it."""

    search_fields: ClassVar[tuple[str, ...]] = ("call__id",)
    search_help_text = "The id of a call."

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first, which the primary key knows without a sort; the rows of one call in their own order."""
        return ("id",) if "call__id__exact" in request.GET else ("-id",)

    @admin.display(description="call", ordering="call_id")
    def call_link(self, row: Any) -> SafeString:
        return row_link("telephony_call", row.call_id)


def row_link(table: str, key: Any, text: str = "") -> SafeString:
    """A link to a row's own page; `table` as in `telephony_call`. Without a text it is the key's beginning."""
    return format_html(
        '<a href="{}" title="{}">{}</a>',
        reverse(f"admin:{table}_change", args=[key]),
        key,
        text or str(key)[:8],
    )


def list_link(table: str, text: str, **conditions: Any) -> SafeString:
    """A link to the rows of a table that meet the conditions."""
    address = f"{reverse(f'admin:{table}_changelist')}?{urlencode(conditions)}"
    return format_html('<a href="{}">{}</a>', address, text)
