"""What people type, and which numbers are called: a table, because each line was a way to lose money."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telephony.ended_reasons import ENDED_REASONS
from telephony.policy import CHECK_NAMES, NotDialable, check, checks, country, national, parse_number

pytestmark = pytest.mark.unit

INVALID = "invalid_number"
BLOCKED = "blocked.premium_or_emergency"
ELSEWHERE = "blocked.not_allowlisted"

TYPED = [
    # as people in the United States write it
    ("(202) 555-0123", "US", "+12025550123"),
    ("202-555-0123", "US", "+12025550123"),
    ("202.555.0123", "US", "+12025550123"),
    ("2025550123", "US", "+12025550123"),
    ("1 202 555 0123", "US", "+12025550123"),
    ("1-202-555-0123", "US", "+12025550123"),
    ("+1 (202) 555-0199", "US", "+12025550199"),
    ("  +12025550123\n", "US", "+12025550123"),
    ("+1–202–555–0123", "US", "+12025550123"),
    ("+1\u00a0202\u00a0555\u00a00123", "US", "+12025550123"),
    ("+1\u200b2025550123", "US", "+12025550123"),
    # other scripts
    ("＋１２０２５５５０１２３", "US", "+12025550123"),
    ("٢٠٢٥٥٥٠١٢٣", "US", "+12025550123"),
    ("२०२५५५०१२३", "US", "+12025550123"),
    # links
    ("tel:+1-202-555-0123", "US", "+12025550123"),
    ("TEL:2025550123", "US", "+12025550123"),
    # from one country to another
    ("+44 20 7946 0958", "US", "+442079460958"),
    ("+44 (0) 20 7946 0958", "US", "+442079460958"),
    ("0044 20 7946 0958", "US", "+442079460958"),
    ("011 44 20 7946 0958", "US", "+442079460958"),
    ("001 202 555 0123", "US", "+12025550123"),
    ("٠٠٤٤٢٠٧٩٤٦٠٩٥٨", "US", "+442079460958"),
    ("00 1 202 555 0123", "DE", "+12025550123"),
    ("0011 44 20 7946 0958", "AU", "+442079460958"),
    ("0044 20 7946 0958", "AU", "+442079460958"),
    ("0044 20 7946 0958", "JP", "+442079460958"),
    # at home elsewhere, leading zeros kept where they belong
    ("020 7946 0958", "GB", "+442079460958"),
    ("030 123456", "DE", "+4930123456"),
    ("06 555 1234", "IT", "+39065551234"),
    ("8 800 555 3535", "RU", "+78005553535"),
    ("(800) 555-0199", "US", "+18005550199"),
]


@pytest.mark.parametrize(("text", "region", "number"), TYPED)
def test_what_people_type_is_understood(text: str, region: str, number: str) -> None:
    assert parse_number(text, region) == number


NOT_DIALABLE = [
    ("", "US", INVALID, "Enter a phone number"),
    ("  \n", "US", INVALID, "Enter a phone number"),
    # letters
    ("1-800-FLOWERS", "US", INVALID, "letters"),
    ("call me", "US", INVALID, "letters"),
    ("sip:bob@example.com", "US", INVALID, "letters"),
    ("client:bob", "US", INVALID, "letters"),
    ("+1202555O123", "US", INVALID, "letters"),
    ("tel:2025550123;phone-context=example.com", "US", INVALID, "letters"),
    # extensions and keys
    ("202-555-0123 ext 5", "US", INVALID, "Extensions"),
    ("202-555-0123 ext. 512", "US", INVALID, "Extensions"),
    ("+1 202 555 0123 x5", "US", INVALID, "Extensions"),
    ("tel:+1-202-555-0123;ext=5", "US", INVALID, "Extensions"),
    ("+12025550123,,5", "US", INVALID, "Extensions"),
    ("+12025550123;5", "US", INVALID, "Extensions"),
    ("*67 202 555 0123", "US", INVALID, "one number"),
    ("*672025550123", "US", INVALID, "one number"),
    ("+12025550123, +12025550124", "US", INVALID, "number"),
    ("+12025550123 +12025550124", "US", INVALID, "number"),
    ("202 555 0123 / 0124", "US", INVALID, "number"),
    ("+12025550123wwww911", "US", INVALID, "number"),
    # emergency and short
    ("911", "US", BLOCKED, "never called"),
    ("9-1-1", "US", BLOCKED, "never called"),
    ("٩١١", "US", BLOCKED, "never called"),
    ("+1 911", "US", BLOCKED, "never called"),
    ("112", "US", BLOCKED, "never called"),
    ("988", "US", BLOCKED, "never called"),
    ("933", "US", BLOCKED, "never called"),
    ("411", "US", BLOCKED, "never called"),
    ("211", "US", BLOCKED, "never called"),
    ("611", "US", BLOCKED, "never called"),
    ("811", "US", BLOCKED, "never called"),
    ("72345", "US", BLOCKED, "never called"),
    ("999", "GB", BLOCKED, "never called"),
    ("101", "GB", BLOCKED, "never called"),
    ("118 118", "GB", BLOCKED, "never called"),
    ("000", "AU", BLOCKED, "never called"),
    ("110", "DE", BLOCKED, "never called"),
    ("116 117", "DE", BLOCKED, "never called"),
    ("15", "FR", BLOCKED, "never called"),
    ("119", "JP", BLOCKED, "never called"),
    # no number at all
    ("+", "US", INVALID, "number"),
    ("0", "US", INVALID, "number"),
    ("+0", "US", INVALID, "number"),
    ("555-0123", "US", INVALID, "country code"),
    ("+1 (202) 555-01234", "US", INVALID, "country code"),
    ("+1 202 555 012", "US", INVALID, "country code"),
    ("+1 555 555 0123", "US", INVALID, "country code"),
    ("+1 911 555 0123", "US", INVALID, "number"),
    ("+999 123456789", "US", INVALID, "country code"),
    ("123456789012345678901234567890", "US", INVALID, "country code"),
    ("2" * 5000, "US", INVALID, "country code"),
    ("2025550123", "XX", INVALID, "country code"),
]


@pytest.mark.parametrize(("text", "region", "code", "hint"), NOT_DIALABLE)
def test_what_cannot_be_dialled_is_refused(text: str, region: str, code: str, hint: str) -> None:
    with pytest.raises(NotDialable, match=hint) as caught:
        parse_number(text, region)
    assert caught.value.code == code
    assert caught.value.message.endswith(".")


CHECKED = [
    # ordinary numbers
    ("+12025550123", {"US"}, None),
    ("+12025550100", {"US"}, None),
    ("+12025550199", {"US"}, None),
    ("+14155550123", {"US"}, None),
    ("+18005550199", {"US"}, None),
    ("+18885550123", {"US"}, None),
    ("+18335550123", {"CA"}, None),
    ("+12045550123", {"US", "CA"}, None),
    ("+442079460958", {"GB"}, None),
    ("+447400123456", {"GB"}, None),
    ("+448081570192", {"GB"}, None),
    ("+4930123456", {"DE"}, None),
    ("+498001234567", {"DE"}, None),
    ("+33142685300", {"FR"}, None),
    ("+61491570006", {"AU"}, None),
    ("+81312345678", {"JP"}, None),
    ("+17875550123", {"PR"}, None),
    # another country, however alike it looks
    ("+18765550123", {"US"}, ELSEWHERE),
    ("+18095550123", {"US"}, ELSEWHERE),
    ("+16492311234", {"US"}, ELSEWHERE),
    ("+12843001234", {"US"}, ELSEWHERE),
    ("+14734031234", {"US"}, ELSEWHERE),
    ("+12684641234", {"US"}, ELSEWHERE),
    ("+17875550123", {"US"}, ELSEWHERE),
    ("+12045550123", {"US"}, ELSEWHERE),
    ("+12025550123", {"CA"}, ELSEWHERE),
    ("+12025550123", set(), ELSEWHERE),
    ("+441534123456", {"GB"}, ELSEWHERE),
    ("+77011234567", {"RU"}, ELSEWHERE),
    ("+442079460958", {"US"}, ELSEWHERE),
    ("+252611234567", {"US"}, ELSEWHERE),
    ("+5351234567", {"US"}, ELSEWHERE),
    ("+80012345678", {"US"}, ELSEWHERE),
    # emergency and short
    ("+1911", {"US"}, BLOCKED),
    ("+1988", {"US"}, BLOCKED),
    ("+1933", {"US"}, BLOCKED),
    ("+1411", {"US"}, BLOCKED),
    ("+172345", {"US"}, BLOCKED),
    ("+44999", {"GB"}, BLOCKED),
    ("+49110", {"DE"}, BLOCKED),
    ("+49116117", {"DE"}, BLOCKED),
    # costly
    ("+19005551234", {"US"}, BLOCKED),
    ("+12129761234", {"US"}, BLOCKED),
    ("+12025551212", {"US"}, BLOCKED),
    ("+15005550123", {"US"}, BLOCKED),
    ("+449001234567", {"GB"}, BLOCKED),
    ("+448451234567", {"GB"}, BLOCKED),
    ("+447012345678", {"GB"}, BLOCKED),
    ("+447640123456", {"GB"}, BLOCKED),
    ("+443001234567", {"GB"}, None),
    ("+443001234567", {"US"}, ELSEWHERE),
    ("+491805123456", {"DE"}, BLOCKED),
    ("+499001123456", {"DE"}, BLOCKED),
    ("+4970012345678", {"DE"}, BLOCKED),
    ("+33899123456", {"FR"}, BLOCKED),
    ("+611900123456", {"AU"}, BLOCKED),
    ("+61131234", {"AU"}, BLOCKED),
    ("+611300123456", {"AU"}, BLOCKED),
    ("+4702000", {"NO"}, BLOCKED),
    ("+37181000000", {"LV"}, BLOCKED),
    ("+870123456789", {"US"}, BLOCKED),
    ("+881612345678", {"US"}, BLOCKED),
    ("+8821612345678", {"US"}, BLOCKED),
    ("+883510012345678", {"US"}, BLOCKED),
    ("+888123456789", {"US"}, BLOCKED),
    ("+878101234567890", {"US"}, BLOCKED),
    ("+979123456789", {"US"}, BLOCKED),
    # no such number
    ("+12029110123", {"US"}, INVALID),
    ("+19115550123", {"US"}, INVALID),
    ("+15555550123", {"US"}, INVALID),
    ("+17005550123", {"US"}, INVALID),
    ("+120255501234", {"US"}, INVALID),
    ("+999123456789", {"US"}, INVALID),
    ("+1", {"US"}, INVALID),
    ("", {"US"}, INVALID),
    ("2025550123", {"US"}, INVALID),
    ("+1 202 555 0123", {"US"}, INVALID),
    ("+12025550123;ext=5", {"US"}, INVALID),
    ("+12025550123\n", {"US"}, INVALID),
    ("sip:bob@example.com", {"US"}, INVALID),
    ("+٢٠٢٥٥٥٠١٢٣", {"US"}, INVALID),
]


@pytest.mark.parametrize(("number", "allowed", "code"), CHECKED)
def test_which_numbers_are_called(number: str, allowed: set[str], code: str | None) -> None:
    refusal = check(number, allowed_countries=allowed)
    assert (None if refusal is None else refusal.code) == code


def test_we_never_call_ourselves() -> None:
    refusal = check("+12025550100", allowed_countries=["US"], own_number="+12025550100")
    assert refusal is not None
    assert refusal.code == INVALID
    assert check("+12025550101", allowed_countries=["US"], own_number="+12025550100") is None


def test_a_refused_country_is_named() -> None:
    refusal = check("+18765550123", allowed_countries=["US"])
    assert refusal is not None
    assert "JM" in refusal.message
    assert "ALLOWED_COUNTRIES" in refusal.message


def test_every_reason_is_one_that_calls_know() -> None:
    assert {INVALID, BLOCKED, ELSEWHERE} <= set(ENDED_REASONS)


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("+0123456789()- .,;x#*"), max_size=40))
def test_nothing_typed_is_an_error_of_ours_and_what_is_dialled_is_e164(text: str) -> None:
    try:
        number = parse_number(text, "US")
    except NotDialable:
        return
    assert number.startswith("+")
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert parse_number(number, "DE") == number


@given(st.text(max_size=20) | st.from_regex(r"\+[0-9]{1,18}", fullmatch=True))
def test_checking_never_fails(number: str) -> None:
    refusal = check(number, allowed_countries=["US", "GB"])
    assert refusal is None or refusal.code in {INVALID, BLOCKED, ELSEWHERE}
    assert isinstance(national(number), str)
    assert len(country(number)) in {0, 2}


def test_numbers_are_shown_as_their_country_writes_them() -> None:
    assert national("+12025550123") == "(202) 555-0123"
    assert national("+442079460958") == "020 7946 0958"
    assert national("nonsense") == "nonsense"
    assert (country("+12025550123"), country("+18765550123"), country("+80012345678")) == ("US", "JM", "")
    assert country("nonsense") == ""


def test_the_slow_parts_of_phonenumbers_are_not_imported() -> None:
    script = "import sys, telephony.policy; print([m for m in sys.modules if 'geo' in m or 'timezone' in m])"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_every_rule_is_named_and_the_first_that_forbids_is_the_last_looked_at() -> None:
    every = checks("+12125550134", allowed_countries=["US"])
    assert [found.name for found in every] == list(CHECK_NAMES)
    assert all(found.passed for found in every)

    *before, forbids, after = checks("+19005550134", allowed_countries=["US"])
    assert all(found.passed for found in before)
    assert forbids.blocked == check("+19005550134", allowed_countries=["US"])
    assert not after.passed
    assert not after.looked_at
