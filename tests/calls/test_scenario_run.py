"""What `manage.py scenarios` does, with the calls that take no time: a copy of the product, its calls, their page."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from callcenter.api_client import ApiClient
from callcenter.fresh_copy import fresh_copy
from callcenter.scenario_page import page
from callcenter.scenario_run import run_all, scenarios_of

pytestmark = [pytest.mark.integration, pytest.mark.ws]

QUICK = {"busy", "geo", "hangs_up_at_once", "stopped_while_ringing"}


def test_a_copy_of_its_own_is_simulated_whatever_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", f"AC{'0' * 32}")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "a real one")
    told: list[str] = []
    with fresh_copy(SILENCE_TIMEOUT_SECONDS="8") as copy:
        everybody = scenarios_of(ApiClient(copy.simulator_url, ""))
        quick = [scenario for scenario in everybody if scenario.name in QUICK]
        assert {scenario.name for scenario in quick} == QUICK
        api = ApiClient(copy.url, copy.api_key)
        runs = run_all(api, quick, at_once=4, done=lambda run: told.append(run.scenario.name))
    assert set(told) == QUICK
    rows = page(runs, {}).splitlines()[-len(quick) :]
    for row, end in zip(
        rows,
        (
            "completed: `callee_hung_up`",
            "busy: `busy`",
            "refused: `geo_permission_denied`",
            "canceled: `operator_ended`",
        ),
        strict=True,
    ):
        assert end in row


def test_a_page_that_could_not_be_written_is_not_called_for(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="--output: there is no folder"):
        call_command("scenarios", output=tmp_path / "nowhere" / "page.md")
