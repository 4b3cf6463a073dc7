"""The REST API of tasks and calls: parse, ask a selector, call one service, answer."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework import mixins, status, viewsets
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tasks_app import schema, selectors, services
from tasks_app.action_form import ACTION_SENT, ActionAnswerSerializer, ActionSerializer
from tasks_app.audio import audio_file, audio_response
from tasks_app.call_costs import with_costs
from tasks_app.filters import TaskFilter
from tasks_app.models import Task
from tasks_app.pagination import LinkPagination
from tasks_app.parsers import BoundedJSONParser
from tasks_app.serializers import (
    CallDetailSerializer,
    TaskDetailSerializer,
    TaskSerializer,
    TranscriptSerializer,
)
from tasks_app.transcript_formats import FORMATS, Line
from tasks_app.verdicts import pending_response, verdict_response
from telemetry.any_accept import AnyAccept
from telephony.actions import Action, ActionType
from telephony.lifecycle import State
from telephony.models import Call
from telephony.recording import SIDES
from telephony.speaker import Speaker
from telephony.transcripts import transcript_of


class TaskViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet[Task]):
    """Errands."""

    serializer_class = TaskSerializer
    filterset_class = TaskFilter
    pagination_class = LinkPagination
    parser_classes = (BoundedJSONParser,)
    content_negotiation_class = AnyAccept

    def get_queryset(self) -> QuerySet[Task]:
        return with_costs(selectors.task_list(self.request.user))

    @schema.task_list
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @schema.task_create
    def create(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        task = services.task_create(owner=_user(request), **form.validated_data)
        return Response(
            self.get_serializer(task).data,
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/tasks/{task.pk}"},
        )

    @schema.task_detail
    def retrieve(self, request: Request, task_id: uuid.UUID) -> Response:
        return Response(TaskDetailSerializer(selectors.task_for(request.user, task_id)).data)

    @schema.task_call
    def call(self, request: Request, task_id: uuid.UUID) -> Response:
        call = services.task_start_call(task=selectors.task_for(request.user, task_id))
        return _answer(_placed_message(call), call)

    @schema.task_stop
    def stop(self, request: Request, task_id: uuid.UUID) -> Response:
        stopped = services.task_stop_call(task=selectors.task_for(request.user, task_id), by=_user(request))
        message = "The call is being ended." if stopped.stopping else "No call is running."
        return _answer(message, stopped.call)

    @schema.task_audio
    def audio(self, request: Request, task_id: uuid.UUID) -> HttpResponseBase:
        side = request.query_params.get("side", SIDES[0])
        if side not in SIDES:
            raise ValidationError({"side": f"Must be one of {', '.join(SIDES)}."})
        call = self._answered_call(request, task_id)
        return audio_response(request, audio_file(call, side), f"call-{call.pk}-{side}.wav")

    @schema.task_transcript
    def transcript(self, request: Request, task_id: uuid.UUID) -> HttpResponseBase:
        name = request.query_params.get("format", "json")
        if name != "json" and name not in FORMATS:
            raise ValidationError({"format": f"Must be one of json, {', '.join(FORMATS)}."})
        call = self._answered_call(request, task_id)
        transcript = transcript_of(call)
        if name == "json":
            shown = {
                "task_id": call.task_id,
                "session_id": call.pk,
                "source": transcript.source,
                "turns": transcript.turns,
                "count": len(transcript.turns),
            }
            return Response(TranscriptSerializer(shown).data)
        write, media_type = FORMATS[name]
        lines = [Line(Speaker(t.speaker), t.text, t.sounded, t.start_ms, t.end_ms) for t in transcript.turns]
        return HttpResponse(
            write(lines),
            content_type=f"{media_type}; charset=utf-8",
            headers={
                "Content-Disposition": f'inline; filename="call-{call.pk}.{name}"',
                "Cache-Control": "private, no-store",
                "X-Content-Type-Options": "nosniff",
            },
        )

    @schema.task_analysis
    def analysis(self, request: Request, task_id: uuid.UUID) -> Response:
        task = selectors.task_for(request.user, task_id)
        return verdict_response(selectors.judged_call(task, _session_id(request)))

    @schema.task_analyse
    def analyse(self, request: Request, task_id: uuid.UUID) -> Response:
        task = selectors.task_for(request.user, task_id)
        call = selectors.judged_call(task, _session_id(request))
        services.call_analyse(call=call)
        return pending_response(call)

    def _answered_call(self, request: Request, task_id: uuid.UUID) -> Call:
        """The call that `?session_id=` names, else the latest answered one."""
        return selectors.answered_call(selectors.task_for(request.user, task_id), _session_id(request))


class CallViewSet(viewsets.GenericViewSet[Call]):
    """Attempts to reach somebody."""

    serializer_class = CallDetailSerializer
    parser_classes = (BoundedJSONParser,)
    content_negotiation_class = AnyAccept

    @schema.call_detail
    def retrieve(self, request: Request, call_id: uuid.UUID) -> Response:
        return Response(self.get_serializer(selectors.call_for(request.user, call_id)).data)

    @schema.call_action
    def act(self, request: Request, call_id: uuid.UUID) -> Response:
        call = selectors.call_for(request.user, call_id)
        form = ActionSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        action = Action(
            ActionType(asked["type"]),
            by=_user(request).get_username(),
            text=asked.get("text", ""),
            digits=asked.get("digits", ""),
        )
        services.call_act(call=call, action=action)
        answer = {
            "ok": True,
            "message": ACTION_SENT,
            "session_id": call.pk,
            "action_id": action.id,
        }
        return Response(ActionAnswerSerializer(answer).data, status=status.HTTP_202_ACCEPTED)


def _session_id(request: Request) -> uuid.UUID | None:
    """The call that `?session_id=` names."""
    name = request.query_params.get("session_id")
    try:
        return uuid.UUID(name) if name else None
    except ValueError:
        raise ValidationError({"session_id": "Must be a call's UUID, as in the task's `calls`."}) from None


def _user(request: Request) -> User:
    """Who asks; the views' permission lets nobody else in."""
    assert isinstance(request.user, User)
    return request.user


def _answer(message: str, call: Call | None) -> Response:
    return Response({"ok": True, "message": message, "session_id": call and str(call.pk)})


def _placed_message(call: Call) -> str:
    if call.stop_requested_at is not None:
        return "The call was stopped while it was being placed."
    if call.state == State.UNKNOWN:
        return "Twilio has not confirmed the call; whether it was placed is being found out. It is not dialled twice."
    if call.simulated:
        return "The call is being placed, simulated: no telephone rings."
    return "The call is being placed."
