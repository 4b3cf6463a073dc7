"""The ASGI application: HTTP to Django, WebSockets to the apps' consumers."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application
from django.urls import URLPattern, re_path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")  # noqa: TID251  Django's own switch
_http = get_asgi_application()  # before the imports that need the apps

from callcenter.body_limit import BodyLimit  # noqa: E402
from callcenter.socket_auth import guarded, unknown_path  # noqa: E402
from tasks_app.routing import websocket_urlpatterns as people  # noqa: E402
from telephony.routing import websocket_urlpatterns as twilio  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BodyLimit(_http),
        "websocket": URLRouter(
            [
                *twilio,  # sends no Origin and no key: its consumer checks Twilio's signature
                *(URLPattern(route.pattern, guarded(route.callback), route.default_args) for route in people),
                re_path(r"", unknown_path),  # type: ignore[arg-type]  # an ASGI application
            ]
        ),
    }
)
