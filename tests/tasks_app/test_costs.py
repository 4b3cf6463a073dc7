"""Prices times quantities: what is unknown stays unknown, what is simulated is not billed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from callcenter import prices
from tasks_app.costs import MINUTE, Price, Used, added, cost_of, minutes, started_minutes

pytestmark = pytest.mark.unit

TABLE = {"line": Price("line", MINUTE, Decimal("0.0140"), "a list", "2026-09-01")}


def used(key: str = "line", quantity: str | None = "3", *, simulated: bool = False) -> Used:
    return Used(key, key, key, MINUTE, None if quantity is None else Decimal(quantity), simulated)


@pytest.mark.parametrize(
    ("seconds", "billed"), [(0, 1), (0.4, 1), (1, 1), (60, 1), (60.1, 2), (61, 2), (3600, 60)]
)
def test_a_minute_that_has_begun_is_a_whole_one(seconds: float, billed: int) -> None:
    assert started_minutes(seconds) == billed


def test_other_minutes_count_to_the_second() -> None:
    assert minutes(90) == Decimal("1.5")
    assert minutes(20) == Decimal("0.333333")


def test_a_total_has_no_rounding_errors_of_binary_fractions() -> None:
    cost = added([cost_of([used(quantity="1")], TABLE)] * 10)
    assert cost.total == cost.at_list_price == Decimal("0.14")
    assert cost.complete
    assert cost.prices_as_of == "2026-09-01"


def test_an_unknown_price_is_not_nothing() -> None:
    cost = cost_of([used(), used("moon")], TABLE)
    assert [part.amount for part in cost.parts] == [Decimal("0.042"), None]
    assert (cost.total, cost.complete, cost.unknown) == (Decimal("0.042"), False, ["moon"])


def test_an_unknown_quantity_is_not_nothing_either() -> None:
    cost = cost_of([used(quantity=None)], TABLE)
    assert cost.total == 0
    assert cost.unknown == ["line"]


def test_what_is_simulated_costs_nothing_and_shows_what_it_would() -> None:
    cost = cost_of([used(simulated=True), used("moon", simulated=True)], TABLE)
    assert cost.total == 0
    assert cost.at_list_price == Decimal("0.042")
    assert cost.complete, "nothing that is billed is unknown"
    assert cost.simulated


def test_a_simulated_call_with_a_real_verdict_is_billed_for_the_verdict() -> None:
    cost = cost_of([used(simulated=True), used(quantity="1")], TABLE)
    assert (cost.total, cost.at_list_price) == (Decimal("0.014"), Decimal("0.056"))
    assert not cost.simulated


def test_nothing_used_costs_nothing() -> None:
    cost = cost_of([], TABLE)
    assert cost.total == 0
    assert cost.complete
    assert not cost.simulated
    assert cost.prices_as_of is None


def test_a_price_of_another_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="per minute"):
        cost_of([Used("line", "line", "line", "call", Decimal(1))], TABLE)


def test_every_list_price_has_a_source_and_but_for_your_own_server_a_date() -> None:
    assert all(row.source for row in prices.LIST_PRICES)
    assert {row.key for row in prices.LIST_PRICES if not row.as_of} == {"local/input", "local/output"}
    assert len({row.key for row in prices.LIST_PRICES}) == len(prices.LIST_PRICES)


def test_the_operators_prices_replace_and_add_rows() -> None:
    table = prices.table({"twilio/outbound/US": "0.01", "openai/mine/input": "2", "as_of": "2026-11-02"})
    assert table["twilio/outbound/US"] == Price(
        "twilio/outbound/US", MINUTE, Decimal("0.01"), "PRICES", "2026-11-02"
    )
    assert table["openai/mine/input"].unit == "million tokens"
    assert "as_of" not in table
    assert table["twilio/media-stream"] == prices.table({})["twilio/media-stream"]


@pytest.mark.parametrize(
    ("model", "own", "key"),
    [
        ("gpt-4o-mini", False, "deepgram/agent/standard"),
        ("gpt-5.5", False, "deepgram/agent/advanced"),
        ("gpt-5.5", True, "deepgram/agent/own-endpoint"),
        ("gpt-99", False, "deepgram/agent/gpt-99"),
    ],
)
def test_the_agents_price_follows_the_model_that_thinks(model: str, own: bool, key: str) -> None:
    assert prices.agent_key(model, has_own_endpoint=own) == key
