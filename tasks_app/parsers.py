"""Reading request bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any

from rest_framework import exceptions, parsers

MAX_BODY_BYTES = 256 * 1024


class ContentTooLarge(exceptions.APIException):
    """The body is larger than any task can be (RFC 9110, 413)."""

    status_code = 413
    default_code = "content_too_large"
    default_detail = f"The body is larger than {MAX_BODY_BYTES // 1024} KiB."


class BoundedJSONParser(parsers.JSONParser):
    """JSON of a size that a task can have: a huge or endlessly nested body costs nothing."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Raises ContentTooLarge or ParseError."""
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise ContentTooLarge
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
            json.dumps(data, ensure_ascii=False).encode()
        except RecursionError:
            raise exceptions.ParseError("The JSON is nested too deeply.") from None
        except UnicodeEncodeError:  # RFC 8259, 8.2: such text can be escaped, and then not be sent or stored
            raise exceptions.ParseError("The JSON has one half of a surrogate pair.") from None
        return data
