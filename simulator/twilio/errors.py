"""Twilio's numbered errors, for REST answers and for the debugger."""

from __future__ import annotations

from aiohttp import web


class TwilioError(Exception):
    """An error with Twilio's code; `status` is the HTTP status when REST answers with it."""

    def __init__(self, code: int, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def response(self) -> web.Response:
        """The JSON body Twilio's REST API answers with ("REST API: Twilio's response")."""
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        return web.json_response(body, status=self.status)
