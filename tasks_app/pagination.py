"""Pages of a bare array: RFC 8288 `Link` headers and `X-Total-Count`, nothing wrapped around the rows."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
MAX_PAGE = 1_000_000


class LinkPagination(BasePagination):
    """`?page=` from 1 and `?page_size=`. A page past the end is an empty array."""

    def paginate_queryset(self, queryset: Any, request: Request, view: APIView | None = None) -> list[Any]:
        """The rows of the page that was asked for; two queries."""
        self._request = request
        self._page = _number(request, "page", default=1, most=MAX_PAGE)
        self._size = _number(request, "page_size", default=PAGE_SIZE, most=MAX_PAGE_SIZE)
        self._total = queryset.count()
        first = (self._page - 1) * self._size
        return list(queryset[first : first + self._size])

    def get_paginated_response(self, data: Any) -> Response:
        """The rows, and where the other pages are."""
        last = max(1, -(-self._total // self._size))
        pages = {"first": 1, "prev": min(self._page - 1, last), "next": self._page + 1, "last": last}
        links = [f'<{self._url(n)}>; rel="{rel}"' for rel, n in pages.items() if 1 <= n <= last]
        return Response(data, headers={"Link": ", ".join(links), "X-Total-Count": str(self._total)})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """For OpenAPI: the array itself."""
        return schema

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        """For OpenAPI: the query parameters."""
        return [
            {
                "name": name,
                "in": "query",
                "required": False,
                "description": description,
                "schema": {"type": "integer", "minimum": 1, "maximum": most, "default": default},
            }
            for name, description, default, most in (
                ("page", "Which page, from 1.", 1, MAX_PAGE),
                ("page_size", "How many tasks a page has.", PAGE_SIZE, MAX_PAGE_SIZE),
            )
        ]

    def _url(self, page: int) -> str:
        """Relative, as RFC 8288 allows: no address is taken from request headers."""
        query = self._request.query_params.copy()
        query["page"] = str(page)
        return f"{self._request.path}?{query.urlencode()}"


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    text = request.query_params.get(name) or str(default)
    if text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most:
        return int(text)
    raise ValidationError({name: f"Must be a whole number from 1 to {most}."})
