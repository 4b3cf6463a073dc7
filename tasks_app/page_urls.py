"""The pages' routes."""

from __future__ import annotations

from django.urls import path

from tasks_app.call_page import view as call
from tasks_app.pages import export, listing, review, talk, writing
from tasks_app.telemetry_page.view import telemetry_page

urlpatterns = [
    path("tasks/", listing.tasks, name="tasks"),
    path("tasks/export.csv", export.tasks_csv, name="tasks-csv"),
    path("tasks/new/", writing.task_new, name="task-new"),
    path("tasks/new/number/", writing.number_check, name="number-check"),
    path("tasks/new/opening/", writing.opening_preview, name="opening-preview"),
    path("tasks/<id:task_id>/", review.task, name="task"),
    path("tasks/<id:task_id>/edit/", writing.task_edit, name="task-edit"),
    path("tasks/<id:task_id>/review/", review.task_review, name="task-review"),
    path("tasks/<id:task_id>/call/", review.task_dial, name="task-dial"),
    path("calls/<id:call_id>/", call.call_page, name="call"),
    path("calls/<id:call_id>/parts/<slug:name>/", call.call_part, name="call-part"),
    path("calls/<id:call_id>/waveform/", call.call_waveform, name="call-waveform"),
    path("calls/<id:call_id>/judge/", call.call_judge, name="call-judge"),
    path("talk/", talk.talk, name="talk"),
    path("telemetry/", telemetry_page, name="telemetry-page"),
]
