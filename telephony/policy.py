"""May this number be called? Named reasons, from the number alone: no network, no database.

Deny by default against toll fraud: only ordinary kinds of number, only in allowed countries. Country names and
time zones are left out on purpose: phonenumbers' geocoder takes seconds and megabytes to import.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
    shortnumberinfo,
)

INVALID: Final = "invalid_number"
PREMIUM_OR_EMERGENCY: Final = "blocked.premium_or_emergency"
NOT_ALLOWLISTED: Final = "blocked.not_allowlisted"

CHECK_NAMES: Final = (
    "Not the number we call from",
    "Complete, in international form",
    "No emergency number, service number or short code",
    "No satellite or worldwide number",
    "A number that can exist",
    "No premium-rate, shared-cost, personal or pager number",
    "In a country that may be called",
)
"""What `checks` looks at, in its order."""

_DIALABLE: Final = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.TOLL_FREE,
    }
)
_SATELLITE_AND_WORLDWIDE: Final = frozenset({870, 878, 881, 882, 883, 888, 979})
_NANP: Final = 1
_BRITAIN: Final = 44
_LONGEST_SHORT_CODE: Final = 6

_EMERGENCY = "Emergency numbers, service numbers and short codes are never called."
_COSTLY = "Premium-rate, shared-cost, personal, pager, company-wide and satellite numbers are never called."


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a number is not called: a key of `ENDED_REASONS`, and a sentence for the user."""

    code: str
    message: str


class NotDialable(ValueError):
    """What was typed is not a number that can be dialled."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def parse_number(text: str, region: str) -> str:
    """The number a person meant, in E.164 (`+12025550123`). `region` (`US`) is where numbers without `+` are from.

    Raises:
        NotDialable: with a sentence that says what to write instead.
    """
    if not text.strip():
        raise NotDialable(INVALID, "Enter a phone number.")
    number = _parsed(text, region)
    if number is not None and number.extension:
        raise NotDialable(
            INVALID, "Extensions cannot be dialled: enter the number alone, and the extension as context."
        )
    if re.search(r"[^\W\d_]", re.sub(r"^\s*tel:", "", text, flags=re.IGNORECASE)):
        raise NotDialable(INVALID, "Write the number in digits, without letters.")
    if re.search(r"[*#,;@]", text):
        raise NotDialable(
            INVALID, "Write one number and nothing else: no * or #, no pauses, no second number."
        )
    if shortnumberinfo.connects_to_emergency_number(text, region) or (
        number is not None and _is_short(number)
    ):
        raise NotDialable(PREMIUM_OR_EMERGENCY, _EMERGENCY)
    if number is None or not phonenumbers.is_valid_number(number):
        raise NotDialable(
            INVALID,
            "This is not a phone number: check its digits, and begin with + and the country code if abroad.",
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, by name: `blocked` when it forbids the call; `looked_at` is false when an earlier one did."""

    name: str
    blocked: Blocked | None
    looked_at: bool = True

    @property
    def passed(self) -> bool:
        return self.looked_at and self.blocked is None


def checks(number: str, *, allowed_countries: Collection[str], own_number: str = "") -> list[Check]:
    """Every rule for this E.164 number, in order. The first that forbids it is the last that is looked at."""
    found: list[Check] = []
    for name, blocked in _rules(number, allowed_countries, own_number):
        found.append(Check(name, blocked))
        if blocked:
            break
    return found + [Check(name, None, looked_at=False) for name in CHECK_NAMES[len(found) :]]


def check(number: str, *, allowed_countries: Collection[str], own_number: str = "") -> Blocked | None:
    """Why this E.164 number must not be called, or None. Countries are ISO codes (`US`); Jamaica is not `US`."""
    all_checks = checks(number, allowed_countries=allowed_countries, own_number=own_number)
    return next((found.blocked for found in all_checks if found.blocked), None)


def _rules(
    number: str, allowed_countries: Collection[str], own_number: str
) -> Iterator[tuple[str, Blocked | None]]:
    """A name and what it forbids, for each rule; the next may be asked for only if it forbade nothing."""
    names = iter(CHECK_NAMES)
    is_own = bool(own_number) and number == own_number
    yield next(names), Blocked(INVALID, "This is the number we call from.") if is_own else None
    parsed = _parsed(number, None) if re.fullmatch(r"\+[0-9]{3,15}", number) else None
    if parsed is None:
        yield next(names), Blocked(INVALID, "This is not a phone number in international form.")
        return
    yield next(names), None
    yield next(names), Blocked(PREMIUM_OR_EMERGENCY, _EMERGENCY) if _is_short(parsed) else None
    is_worldwide = parsed.country_code in _SATELLITE_AND_WORLDWIDE
    yield next(names), Blocked(PREMIUM_OR_EMERGENCY, _COSTLY) if is_worldwide else None
    is_real = phonenumbers.is_valid_number(parsed) and not _is_unassignable_in_nanp(parsed)
    yield (
        next(names),
        None if is_real else Blocked(INVALID, "There is no such phone number: check its digits."),
    )
    is_cheap = _is_ordinary(parsed) and not _is_costly_in_nanp(parsed)
    yield next(names), None if is_cheap else Blocked(PREMIUM_OR_EMERGENCY, _COSTLY)
    is_allowed = bool(_regions(parsed) & set(allowed_countries))
    place = country(number) or "this part of the world"
    yield (
        next(names),
        None
        if is_allowed
        else Blocked(
            NOT_ALLOWLISTED, f"Calls to {place} are not allowed: ALLOWED_COUNTRIES does not list it."
        ),
    )


def _is_ordinary(number: PhoneNumber) -> bool:
    """Whether a call costs what calls to this country cost. British 03 numbers, of banks mostly, do (Ofcom)."""
    british_03 = number.country_code == _BRITAIN and str(number.national_number).startswith("3")
    return british_03 or phonenumbers.number_type(number) in _DIALABLE


def national(number: str) -> str:
    """An E.164 number as people of its country write it: `(202) 555-0123`."""
    parsed = _parsed(number, None)
    return number if parsed is None else phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL)


def country(number: str) -> str:
    """The ISO code of an E.164 number's country (`US`); empty when it belongs to none."""
    parsed = _parsed(number, None)
    region = None if parsed is None else phonenumbers.region_code_for_number(parsed)
    return "" if region in {None, "001"} else str(region)


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    """The number, valid or not. A leading 00 is tried as + where the region itself does not read it so."""
    number = _parse(text, region)
    if number is not None and phonenumbers.is_valid_number(number):
        return number
    digits = re.sub(r"\D", "", text)
    if text.lstrip()[:1] != "+" and [int(digit) for digit in digits[:2]] == [0, 0]:
        international = _parse("+" + digits[2:], None)
        if international is not None and phonenumbers.is_valid_number(international):
            return international
    return number


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException:
        return None


def _is_short(number: PhoneNumber) -> bool:
    """Emergency, N11, 988, 933, premium text numbers: all that is short and no subscriber's number."""
    significant = phonenumbers.national_significant_number(number)
    return len(significant) <= _LONGEST_SHORT_CODE and not phonenumbers.is_valid_number(number)


def _is_unassignable_in_nanp(number: PhoneNumber) -> bool:
    """An exchange of the form N11 cannot be anybody's (North American Numbering Plan)."""
    return number.country_code == _NANP and phonenumbers.national_significant_number(number)[4:6] == "11"


def _is_costly_in_nanp(number: PhoneNumber) -> bool:
    """976 exchanges are premium-rate and 555-1212 is directory assistance, within any area code."""
    significant = phonenumbers.national_significant_number(number)
    return number.country_code == _NANP and (significant[3:6] == "976" or significant[3:] == "5551212")


def _regions(number: PhoneNumber) -> set[str]:
    """Countries whose permission is enough; a toll-free number belongs to all that share its country code."""
    if phonenumbers.number_type(number) == PhoneNumberType.TOLL_FREE:
        return set(phonenumbers.region_codes_for_country_code(number.country_code or 0))
    region = phonenumbers.region_code_for_number(number)
    return {region} if region else set()
