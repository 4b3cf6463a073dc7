"""The table of reasons, and the page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from telephony.ended_reasons import ENDED_REASONS, NOT_PRODUCED, EndedReason

pytestmark = pytest.mark.unit

PAGE = Path(__file__).resolve().parents[2] / "docs" / "ended-reasons.md"


def shown_sentence(reason: EndedReason) -> str:
    return f"{reason.sentence} (not produced yet)" if reason.code in NOT_PRODUCED else reason.sentence


def test_the_page_shows_the_table() -> None:
    shown = re.findall(
        r"^\| `([a-z_.]+)` \| (.+) \| (.+) \| (.+) \| (yes|no) \| (.+) \|$", PAGE.read_text(), re.M
    )
    expected = [
        (r.code, shown_sentence(r), r.who, r.fault or "nobody", "yes" if r.retryable else "no", r.what_to_do)
        for r in ENDED_REASONS.values()
    ]
    assert shown == expected


def test_every_reason_that_the_code_names_is_in_the_table() -> None:
    root = PAGE.parents[1]
    named = set()
    for path in (root / "telephony").rglob("*.py"):
        named |= set(re.findall(r"(?:reason=|code=|HangUp\(|\.end\()\"([a-z_.]+)\"", path.read_text()))
    reasons = {name for name in named if name}
    assert reasons
    assert reasons <= set(ENDED_REASONS)


def test_the_reasons_that_are_not_produced_are_those_that_no_code_names() -> None:
    root = PAGE.parents[1]
    sources = [
        path.read_text()
        for app in ("telephony", "tasks_app")
        for path in (root / app).rglob("*.py")
        if path.name != "ended_reasons.py"
    ]
    produced = {code for code in ENDED_REASONS if any(f'"{code}"' in source for source in sources)}
    assert set(ENDED_REASONS) - produced == NOT_PRODUCED
