"""Twilio's REST API for calls ("Programmable Voice: Calls resource")."""

from __future__ import annotations

import base64
import hmac
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aiohttp import web
from multidict import MultiDict, MultiMapping

from simulator.twilio import validation
from simulator.twilio.calls import API_VERSION, SimCall, rfc2822
from simulator.twilio.errors import TwilioError
from simulator.twilio.exchange import Exchange
from simulator.twilio.numbers import caller_ids_page, numbers_page
from simulator.twilio.spoiled import spoiled

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.Response]]
MAX_PAGE_SIZE = 1000


def routes(exchange: Exchange) -> list[web.AbstractRouteDef]:
    """The routes under /2010-04-01; an unknown one answers 20404, as JSON."""
    api = Rest(exchange)
    account = f"/{API_VERSION}/Accounts/{{account_sid}}"
    return [
        web.get(f"{account}.json", api.guarded(api.account)),
        web.post(f"{account}/Calls.json", api.guarded(api.create)),
        web.get(f"{account}/Calls.json", api.guarded(api.list)),
        web.get(f"{account}/Calls/{{call_sid}}.json", api.guarded(api.fetch)),
        web.post(f"{account}/Calls/{{call_sid}}.json", api.guarded(api.update)),
        web.get(f"{account}/IncomingPhoneNumbers.json", api.guarded(api.numbers)),
        web.get(f"{account}/OutgoingCallerIds.json", api.guarded(api.caller_ids)),
        web.route("*", f"/{API_VERSION}/{{tail:.*}}", api.guarded(api.unknown)),
    ]


class Rest:
    """Handlers that raise TwilioError; `guarded` checks the credentials and turns errors into answers."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._account_sid = exchange.config.twilio_account_sid
        self._created = datetime.now(UTC)

    def guarded(self, handler: Handler) -> Handler:
        """`handler` for those who know the account's sid and token."""

        async def guarded(request: web.Request) -> web.Response:
            try:
                self._authenticate(request)
                return await handler(request)
            except TwilioError as error:
                return error.response()

        return guarded

    async def account(self, request: web.Request) -> web.Response:
        """GET the account: what a check of credentials asks for."""
        uri = f"/{API_VERSION}/Accounts/{self._account_sid}"
        body = {
            "sid": self._account_sid,
            "owner_account_sid": self._account_sid,
            "friendly_name": "Simulated account",
            "status": "active",
            "type": "Full",
            "auth_token": None,
            "date_created": rfc2822(self._created),
            "date_updated": rfc2822(self._created),
            "uri": f"{uri}.json",
            "subresource_uris": {"calls": f"{uri}/Calls.json"},
        }
        return web.json_response(body)

    async def numbers(self, request: web.Request) -> web.Response:
        """GET /IncomingPhoneNumbers: those of the account's that PhoneNumber names, or all it is known to own."""
        owned, asked = self._exchange.config.twilio_phone_number, request.query.get("PhoneNumber")
        number = owned or asked or ""
        found = [number] if number and asked in (None, number) else []
        return web.json_response(numbers_page(request, self._account_sid, found))

    async def caller_ids(self, request: web.Request) -> web.Response:
        """GET /OutgoingCallerIds: numbers of others that may be called from; there are none."""
        return web.json_response(caller_ids_page(request))

    async def create(self, request: web.Request) -> web.Response:
        """POST /Calls: 201, queued."""
        form = await _form(request)
        wanted = validation.call_request(form)
        if wanted.from_ != (self._exchange.config.twilio_phone_number or wanted.from_):
            raise TwilioError(
                21210, f"The source phone number provided, {wanted.from_}, is not yet verified."
            )
        fault = self._exchange.faults.next_create()
        if fault in ("429", "garbage"):
            return await spoiled(request, fault)
        line = self._exchange.place(wanted)
        if ignored := validation.unsupported(form):
            logger.warning("call %s: not simulated: %s", line.call.sid, ", ".join(ignored))
        body = line.call.as_json()
        if line.faults.callbacks.before_create_reply:
            await line.news.told_of_ringing()
        return web.json_response(body, status=201) if fault is None else await spoiled(request, fault)

    async def fetch(self, request: web.Request) -> web.Response:
        """GET one call."""
        return web.json_response(self._exchange.line(request.match_info["call_sid"]).call.as_json())

    async def update(self, request: web.Request) -> web.Response:
        """POST one call: end it, or send it to another document."""
        line = self._exchange.line(request.match_info["call_sid"])
        form = await _form(request)
        status = form.get("Status", "")
        if status not in ("", "completed", "canceled"):
            raise TwilioError(20001, "Status must be completed or canceled")
        if form.get("Url") and form.get("Twiml"):
            raise TwilioError(20001, "Url and Twiml exclude each other")
        target = validation.target(form)
        if status:
            self._exchange.end(line, status)
        elif target is not None:
            self._exchange.redirect(line, target)
        return web.json_response(line.call.as_json())

    async def list(self, request: web.Request) -> web.Response:
        """GET /Calls: newest first, filtered by To, From, Status and StartTime, in pages."""
        query = request.query
        page, page_size = _number(query, "Page", 0), _number(query, "PageSize", 50)
        page_size = min(max(page_size, 1), MAX_PAGE_SIZE)
        wanted = [line.call for line in self._exchange.lines.values() if _matches(line.call, query)][::-1]
        start = page * page_size
        calls = wanted[start : start + page_size]
        first = request.path
        more = start + page_size < len(wanted)

        def page_uri(number: int) -> str:
            kept = [(name, value) for name, value in query.items() if name not in ("Page", "PageSize")]
            return str(
                request.rel_url.with_path(first).with_query(
                    [*kept, ("PageSize", page_size), ("Page", number)]
                )
            )

        body = {
            "calls": [call.as_json() for call in calls],
            "page": page,
            "page_size": page_size,
            "start": start,
            "end": max(start, start + len(calls) - 1),
            "uri": str(request.rel_url),
            "first_page_uri": page_uri(0),
            "next_page_uri": page_uri(page + 1) if more else None,
            "previous_page_uri": page_uri(page - 1) if page else None,
        }
        return web.json_response(body)

    async def unknown(self, request: web.Request) -> web.Response:
        """Everything else."""
        raise TwilioError(20404, f"The requested resource {request.path} was not found", 404)

    def _authenticate(self, request: web.Request) -> None:
        """HTTP Basic with account sid and auth token; of another account nothing is known."""
        config = self._exchange.config
        wanted = base64.b64encode(f"{config.twilio_account_sid}:{config.twilio_auth_token}".encode())
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "basic" or not hmac.compare_digest(given.strip().encode(), wanted):
            raise TwilioError(20003, "Authenticate", 401)
        if request.match_info.get("account_sid", self._account_sid) != self._account_sid:
            raise TwilioError(20404, f"The requested resource {request.path} was not found", 404)


async def _form(request: web.Request) -> MultiDict[str]:
    fields = await request.post()
    return MultiDict((name, value) for name, value in fields.items() if isinstance(value, str))


def _number(query: MultiMapping[str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdecimal() else default


def _matches(call: SimCall, query: MultiMapping[str]) -> bool:
    wanted = {"To": call.request.to, "From": call.request.from_, "Status": str(call.status)}
    if any(query.get(name, value) != value for name, value in wanted.items()):
        return False
    times = {"StartTime": call.started, "EndTime": call.ended}
    return all(
        _in_time(moment, operator, query[name + operator])
        for name, moment in times.items()
        for operator in ("", "<", ">")
        if name + operator in query
    )


def _in_time(moment: datetime | None, operator: str, bound: str) -> bool:
    """`<` and `>` include the bound itself, and a bare date means that whole day (UTC)."""
    try:
        limit = datetime.fromisoformat(bound)
    except ValueError as error:
        raise TwilioError(20001, "StartTime and EndTime must be ISO 8601") from error
    if moment is None:
        return False
    if limit.tzinfo is None:
        limit = limit.replace(tzinfo=UTC)
    if operator == "" or len(bound) == 10:
        day, limit_day = moment.date(), limit.date()
        return {"": day == limit_day, "<": day <= limit_day, ">": day >= limit_day}[operator]
    return moment <= limit if operator == "<" else moment >= limit
