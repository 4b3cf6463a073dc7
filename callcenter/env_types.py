"""The kinds of value an environment variable may hold, each refusing nonsense with a sentence."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import phonenumbers
from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode


def _split(value: str, schemes: tuple[str, ...]) -> SplitResult:
    url = _with_valid_port(value)
    if url is None or url.scheme not in schemes or not url.hostname or re.search(r"\s", value):
        raise ValueError(f"must be a URL that begins with {' or '.join(f'{name}://' for name in schemes)}")
    return url


def _http_url(value: str) -> str:
    if value:
        _split(value, ("http", "https"))
    return value.rstrip("/")


def _ws_url(value: str) -> str:
    if value:
        _split(value, ("ws", "wss"))
    return value


def _site_url(value: str) -> str:
    """The address of a whole site: `https://host[:port]`. A bare host name is taken as https."""
    if not value:
        return value
    if "://" not in value:
        value = f"https://{value}"
    url = _split(value, ("http", "https"))
    if url.path.strip("/") or url.query or url.fragment or url.username:
        raise ValueError("must be a scheme and a host and nothing more, as in https://calls.example.com")
    return f"{url.scheme}://{url.netloc}"


def _database_url(value: str) -> str:
    if value and not _is_database(value):
        raise ValueError("must be postgresql://user:password@host:5432/name or sqlite:///path/to/file")
    return value


def _is_database(value: str) -> bool:
    url = _with_valid_port(value)
    if url is None or url.scheme not in ("postgres", "postgresql", "sqlite"):
        return False
    return url.scheme == "sqlite" or bool(url.path.strip("/"))


def _redis_url(value: str) -> str:
    if value and not _is_redis(value):
        raise ValueError("must be redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket")
    return value


def _is_redis(value: str) -> bool:
    url = _with_valid_port(value)
    if url is None:
        return False
    return bool(url.path if url.scheme == "unix" else url.scheme in ("redis", "rediss") and url.hostname)


def _with_valid_port(value: str) -> SplitResult | None:
    """The parts of a URL; None when its port is not a number, or its address none at all."""
    try:
        url = urlsplit(value)
        return url if url.port is None or url.port > 0 else None
    except ValueError:
        return None


def _phone_number(value: str) -> str:
    if value and not re.fullmatch(r"\+[1-9]\d{6,14}", value):
        raise ValueError("must be a number in international form, as in +12025550142")
    return value


def _account_sid(value: str) -> str:
    if value and not re.fullmatch(r"AC[0-9a-fA-F]{32}", value):
        raise ValueError("must be AC and 32 hexadecimal digits, as the Twilio console shows it")
    return value


def _region(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", value):
        raise ValueError("must be the two letters of a country, as in US")
    region = value.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        meant = " (the United Kingdom is GB)" if region == "UK" else ""
        raise ValueError(f"must be the two letters of a country, and {region} is none{meant}")
    return region


def _host_name(value: str) -> str:
    """As Django matches them: without scheme and port, and IPv6 in brackets. A dot before it: every host below."""
    if not re.fullmatch(r"\*|\.?[\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\]", value):
        raise ValueError("must be host names without scheme, port and path, as in calls.example.com")
    return value


def _comma_list(value: Any) -> Any:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _headers(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        headers = json.loads(value)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON ({error.msg} at character {error.pos + 1})") from None
    if not isinstance(headers, dict) or not all(isinstance(text, str) for text in headers.values()):
        raise ValueError('must be a JSON object of strings, as in {"Authorization": "Bearer ..."}')
    return headers


_MODEL = r"[\w.:@-]+(/[\w.:@-]+)*"
_PRICED = re.compile(
    r"twilio/media-stream"
    rf"|deepgram/agent/{_MODEL}|deepgram/transcription/nova-3"
    rf"|local/(input|output)|(openai|anthropic|groq|local)/{_MODEL}/(input|output)"
)
_COUNTRY_PRICE = re.compile(r"twilio/outbound/(\w+)(-special)?")
_NO_COUNTRY = frozenset({"001", "elsewhere"})
"""What the numbers have whose country is none or not known."""


def _prices(value: Any) -> Any:
    """Dollars by name, as decimal text; `as_of` is a date."""
    if not isinstance(value, str):
        return value
    try:
        prices = json.loads(value, parse_float=str, parse_int=str, object_pairs_hook=_without_repetition)
    except json.JSONDecodeError as error:
        raise ValueError(f"is not valid JSON ({error.msg} at character {error.pos + 1})") from None
    if not isinstance(prices, dict):
        raise ValueError('must be a JSON object, as in {"twilio/outbound/US": 0.013, "as_of": "2026-10-01"}')
    for name, price in prices.items():
        if name == "as_of":
            if not _is_date(price):
                raise ValueError("must have a date as its as_of, as in 2026-10-01")
        elif not _is_priced(name):
            raise ValueError(
                f"has no such thing as {name[:40]!r}: names are like twilio/outbound/US (docs/costs.md)"
            )
        elif not (isinstance(price, str) and re.fullmatch(r"\d{1,6}(\.\d{1,9})?", price)):
            raise ValueError(f"must have US dollars for {name}, as in 0.014")
    return prices


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    once = dict(pairs)
    if len(once) < len(pairs):
        twice = next(name for name in once if sum(name == other for other, _ in pairs) > 1)
        raise ValueError(f"must have one price for {twice[:40]!r}, not several")
    return once


def _is_priced(name: str) -> bool:
    """Can anything in a bill have this name? Another one would leave its price unused, in silence."""
    if outbound := _COUNTRY_PRICE.fullmatch(name):
        return outbound[1] in phonenumbers.SUPPORTED_REGIONS or outbound[1] in _NO_COUNTRY
    return bool(_PRICED.fullmatch(name))


def _is_date(value: Any) -> bool:
    try:
        return (
            isinstance(value, str)
            and bool(re.fullmatch(r"\d{4}-\d{2}-\d{2}", value))
            and bool(dt.date.fromisoformat(value))
        )
    except ValueError:
        return False


HttpUrl = Annotated[str, AfterValidator(_http_url)]
WsUrl = Annotated[str, AfterValidator(_ws_url)]
SiteUrl = Annotated[str, AfterValidator(_site_url)]
DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
RedisUrl = Annotated[str, AfterValidator(_redis_url)]
PhoneNumber = Annotated[str, AfterValidator(_phone_number)]
AccountSid = Annotated[str, AfterValidator(_account_sid)]
Region = Annotated[str, AfterValidator(_region)]
RegionList = Annotated[list[Region], NoDecode, BeforeValidator(_comma_list)]
HostName = Annotated[str, AfterValidator(_host_name)]
HostList = Annotated[list[HostName], NoDecode, BeforeValidator(_comma_list)]
Headers = Annotated[dict[str, str], NoDecode, BeforeValidator(_headers)]
Prices = Annotated[dict[str, str], NoDecode, BeforeValidator(_prices)]
