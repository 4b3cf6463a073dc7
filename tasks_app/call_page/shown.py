"""Everything that the page of one call shows. Each part is read when it is first asked for, in one query or two."""

from __future__ import annotations

import uuid
from functools import cached_property

from django.utils import timezone
from django.utils.safestring import SafeString

from tasks_app.call_costs import CallCost, call_cost
from tasks_app.call_page import rows
from tasks_app.call_page.latency import Chart, latency_chart
from tasks_app.call_page.timeline import NOT_SHOWN, Line, line
from tasks_app.call_page.transcript import BLANK, ShownTurn, shown_turns
from tasks_app.call_page.verdict import ShownVerdict, shown_verdict
from tasks_app.call_page.words import SIDE_WORDS, STATE_BADGES, STATE_WORDS, clock
from tasks_app.models import Analysis, Task
from tasks_app.selectors import Anybody, call_list
from tasks_app.transcript_formats import FORMATS
from telephony.ended_reasons import ENDED_REASONS, EndedReason
from telephony.events import EventType
from telephony.lifecycle import State
from telephony.models import Call, CallEvent, Recording
from telephony.selectors import is_muted
from telephony.speaker import Speaker
from telephony.transcripts import Transcript, transcript_of


class ShownCall:
    """One call for one reader; `call` comes from `selectors.call_for`.

    `after` leaves out the timeline's lines up to that event.
    """

    def __init__(self, call: Call, reader: Anybody, *, after: int = 0) -> None:
        self.call = call
        self.after = after
        self.read_at = timezone.now()
        self._reader = reader

    # --- what it is, and where it is ---

    @cached_property
    def task(self) -> Task:
        return Task.objects.get(pk=self.call.task_id)

    @property
    def told(self) -> list[tuple[str, str]]:
        """What the agent was told, without the limit, which is for it alone."""
        brief = self.call.get_brief()
        facts = [
            ("Objective", brief.objective),
            ("Target", brief.target_outcome),
            ("Context", brief.context),
            ("Opening line", brief.opening_line),
            ("Persona", brief.agent_persona),
            ("Style", brief.style.capitalize()),
            ("Walk-away point", "Set, and private" if brief.walkaway_point else "None"),
        ]
        return [(name, text) for name, text in facts if text]

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.call.state]

    @property
    def badge(self) -> tuple[str, str]:
        """(tone, glyph) of the state."""
        return STATE_BADGES[self.call.state]

    @property
    def duration_words(self) -> str:
        """How long it has taken, or took, from the answer on; "" when nobody answered. Twilio's length counts."""
        if not self.call.is_live and self.call.duration_seconds is not None:
            return clock(self.call.duration_seconds * 1000)
        if self.call.answered_at is None:
            return ""
        until = self.call.ended_at or self.read_at
        return clock(round((until - self.call.answered_at).total_seconds() * 1000))

    @property
    def is_connected(self) -> bool:
        """Whether somebody is on the phone, so that it can be acted on."""
        return self.call.state == State.IN_PROGRESS

    @property
    def ended(self) -> EndedReason | None:
        """How it ended and what to do; None before that."""
        return None if self.call.is_live else ENDED_REASONS.get(self.call.ended_reason)

    @property
    def ended_tone(self) -> str:
        """`error` where something failed, `warning` where nobody was reached."""
        if self.ended is not None and self.ended.fault:
            return "error"
        return "" if self.call.answered_at else "warning"

    @property
    def ended_detail(self) -> str:
        """What is known beyond the reason's own sentence."""
        ended = self.ended
        return self.call.ended_detail if ended and self.call.ended_detail != ended.sentence else ""

    @property
    def is_unsettled(self) -> bool:
        """Whether something is still to come that the page should show by itself."""
        return not self.cost.final

    # --- what was said ---

    @cached_property
    def transcript(self) -> Transcript:
        return transcript_of(self.call)

    @cached_property
    def turns(self) -> list[ShownTurn]:
        return shown_turns(self.transcript.turns)

    @property
    def turn_rows(self) -> SafeString:
        return rows.turn_rows(self.turns)

    @property
    def blank_turn(self) -> SafeString:
        """What the browser copies for a turn that comes live."""
        return rows.turn_rows([BLANK])

    @cached_property
    def callee_is_speaking(self) -> bool:
        """Whether the callee has begun to speak, and what they say is not known yet."""
        if not self.is_connected:
            return False
        newest_first = CallEvent.objects.filter(call_id=self.call.pk, type__in=NOT_SHOWN).order_by("-seq")
        for type_, data in newest_first.values_list("type", "data")[:20]:
            if type_ == EventType.SPEECH:
                return True
            if data["speaker"] == Speaker.CALLER:
                return False
        return False

    @cached_property
    def chart(self) -> Chart | None:
        return latency_chart(self.turns)

    @property
    def bars(self) -> SafeString:
        """Those of the chart."""
        chart = self.chart
        return rows.bars(chart.bars, width=chart.bar_width, base=chart.base) if chart else SafeString()

    # --- what was recorded ---

    @property
    def recording(self) -> Recording | None:
        found: Recording | None = getattr(self.call, "recording", None)
        return found

    @property
    def has_audio(self) -> bool:
        return self.recording is not None and self.recording.state in {
            Recording.State.FINISHED,
            Recording.State.TRUNCATED,
        }

    @property
    def recorded_for(self) -> str:
        return clock(self.recording.duration_ms) if self.recording else ""

    @property
    def sides(self) -> list[tuple[str, str]]:
        """(name, words) of the files of the recording; none without one."""
        return SIDE_WORDS if self.has_audio else []

    @property
    def formats(self) -> list[str]:
        """What the transcript can be had as."""
        return [*FORMATS, "json"]

    # --- what happened ---

    @cached_property
    def lines(self) -> list[Line]:
        """The timeline, from `after` on."""
        events = CallEvent.objects.filter(call_id=self.call.pk, seq__gt=self.after).exclude(
            type__in=NOT_SHOWN
        )
        found = events.order_by("seq").values_list("seq", "type", "data", "timestamp")
        lines = (line(*row, self.call.clock_started_at) for row in found)
        return [one for one in lines if one is not None]

    @cached_property
    def is_muted(self) -> bool:
        """Whether a person has muted the agent."""
        return self.is_connected and is_muted(self.call.pk)

    @property
    def line_rows(self) -> SafeString:
        return rows.line_rows(self.lines)

    @cached_property
    def strategy(self) -> str:
        """The agent's latest plan; "" while it has told none."""
        told = CallEvent.objects.filter(call_id=self.call.pk, type=EventType.STRATEGY_UPDATE).order_by("-seq")
        return str((told.values_list("data", flat=True).first() or {}).get("strategy", ""))

    # --- what came of it ---

    @cached_property
    def verdict(self) -> ShownVerdict | None:
        found = (
            Analysis.objects.filter(call_id=self.call.pk).defer("raw_answer").order_by("-created_at", "-id")
        )
        return shown_verdict(list(found[:20]), self.transcript.turns)

    @cached_property
    def cost(self) -> CallCost:
        return call_cost(self.call)

    # --- its neighbours, among the calls that the reader may see ---

    @cached_property
    def older(self) -> uuid.UUID | None:
        calls = call_list(self._reader).filter(created_at__lt=self.call.created_at)
        return calls.order_by("-created_at", "-id").values_list("pk", flat=True).first()

    @cached_property
    def newer(self) -> uuid.UUID | None:
        calls = call_list(self._reader).filter(created_at__gt=self.call.created_at)
        return calls.order_by("created_at", "id").values_list("pk", flat=True).first()
