"""WebSockets that Twilio opens: no session, no Origin; the consumer checks Twilio's signature itself."""

from __future__ import annotations

from django.urls import re_path

from telephony.consumers import MediaStreamConsumer

websocket_urlpatterns = [re_path(r"^twilio/media-stream/?$", MediaStreamConsumer.as_asgi())]
