"""A named no: what was asked for is not done, or not there, and why."""

from __future__ import annotations

import uuid


class Refusal(Exception):
    """`code` is a stable name for programs, the text a sentence for people, `status` its HTTP status."""

    def __init__(
        self,
        code: str,
        sentence: str,
        *,
        status: int,
        session_id: uuid.UUID | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(sentence)
        self.code = code
        self.status = status
        self.session_id = session_id
        self.retry_after_s = retry_after_s
