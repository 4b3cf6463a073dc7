"""The WebSockets of people and programs. Whoever mounts them puts `scope["user"]` in."""

from __future__ import annotations

from django.urls import URLPattern, path

from tasks_app.feed import CallFeedConsumer

_feed = CallFeedConsumer.as_asgi()

websocket_urlpatterns: list[URLPattern] = [
    path("ws/call/<uuid:name>", _feed),
    path("ws/call/<uuid:name>/", _feed),
]
