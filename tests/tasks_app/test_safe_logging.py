"""What the log has of a fault."""

from __future__ import annotations

import re

import phonenumbers
import pytest

from tasks_app.call_costs import expected_per_minute
from telephony.safe_logging import where

pytestmark = pytest.mark.unit


def test_a_fault_is_named_with_its_place_in_our_code_and_never_quoted() -> None:
    with pytest.raises(phonenumbers.NumberParseException) as fault:
        expected_per_minute("a spoken sentence", simulated=True)
    said = where(fault.value)
    assert re.fullmatch(r"NumberParseException at \w+\.py:\d+, by tasks_app/call_costs\.py:\d+", said)
