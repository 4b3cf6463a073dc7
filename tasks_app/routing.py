"""The WebSockets of people and programs.

Whoever mounts them puts `scope["user"]` in, and `scope["still_allowed"]`, which is awaited now and then and says
whether this user may still be here by what they came in with.
"""

from __future__ import annotations

from django.urls import URLPattern, path

from tasks_app.feed import CallFeedConsumer
from tasks_app.listen_in import ListenInConsumer
from tasks_app.talk import TalkConsumer

_feed = CallFeedConsumer.as_asgi()
_listen_in = ListenInConsumer.as_asgi()
_talk = TalkConsumer.as_asgi()

websocket_urlpatterns: list[URLPattern] = [
    path("ws/call/<id:name>", _feed),
    path("ws/call/<id:name>/", _feed),
    path("ws/call/<id:name>/audio", _listen_in),
    path("ws/call/<id:name>/audio/", _listen_in),
    path("ws/talk/<id:name>", _talk),
    path("ws/talk/<id:name>/", _talk),
]
