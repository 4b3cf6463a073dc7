"""The ASGI application: HTTP to Django, WebSockets to the apps' consumers."""

from __future__ import annotations

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "callcenter.settings")  # noqa: TID251  Django's own switch
http = get_asgi_application()

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter([])})
