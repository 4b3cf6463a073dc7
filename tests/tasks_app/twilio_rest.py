"""The little of Twilio's REST API that starting and stopping needs, as a server on loopback that counts."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs


class TwilioRest:
    """Accepts every call, unless `refuse_with` holds an HTTP status and one of Twilio's error codes."""

    def __init__(self) -> None:
        self.creates: list[dict[str, str]] = []
        self.updates: list[dict[str, str]] = []
        self.refuse_with: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> TwilioRest:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Twilio: Call resource, create and update."""
        with self._lock:
            if self.refuse_with is not None:
                status, code = self.refuse_with
                return status, {"status": status, "code": code, "message": "refused"}
            if path.endswith("/Calls.json"):
                self.creates.append(form)
                return 201, {"sid": f"CA{len(self.creates):032x}", "status": "queued"}
            self.updates.append(form)
            return 200, {"sid": path.rsplit("/", 1)[1].removesuffix(".json"), "status": form["Status"]}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        rest = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = {name: values[-1] for name, values in parse_qs(body).items()}
                status, answer = rest.answer(self.path, form)
                payload = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        return Handler
