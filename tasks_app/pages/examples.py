"""Errands to begin from: whatever is in brackets is for the writer to replace."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tasks_app.services import TaskFields


@dataclass(frozen=True, slots=True)
class Example:
    """A name for the reader, and the fields it fills."""

    title: str
    fields: TaskFields


EXAMPLES: Final[dict[str, Example]] = {
    "internet-bill": Example(
        "Lower a bill",
        {
            "task_type": "bill_reduction",
            "objective": "Get my internet bill below sixty dollars a month.",
            "context": "I have been a customer for six years and pay eighty dollars a month. "
            "A competitor offers the same speed for fifty-five dollars.",
            "target_outcome": "$60 a month or less, for at least a year",
            "walkaway_point": "Do not accept more than $75 a month, or a contract of more than two years.",
            "style": "collaborative",
        },
    ),
    "repair-quote": Example(
        "Get a price down",
        {
            "task_type": "price_negotiation",
            "objective": "Get a better price for replacing the brake pads of my car.",
            "context": "The car is a 2019 Honda Civic. You quoted four hundred and twenty dollars. "
            "I can come any weekday.",
            "target_outcome": "$350 or less, parts and labour included",
            "walkaway_point": "More than $400",
            "style": "assertive",
        },
    ),
    "book-table": Example(
        "Book a table",
        {
            "task_type": "custom",
            "objective": "Book a table for four this Friday at seven in the evening.",
            "context": "Any time from half past six to eight is fine. One of us is vegetarian. "
            "The name is [your name].",
            "target_outcome": "A confirmed table, with the time repeated",
            "style": "collaborative",
        },
    ),
    "move-appointment": Example(
        "Move an appointment",
        {
            "task_type": "custom",
            "objective": "Move my appointment of [day and time] to next week.",
            "context": "The appointment is in the name of [your name]. Mornings before eleven suit best.",
            "target_outcome": "A new day and time, confirmed",
            "style": "empathetic",
        },
    ),
    "cancel-contract": Example(
        "Cancel a contract",
        {
            "task_type": "custom",
            "objective": "Cancel my membership at the end of this month.",
            "context": "The membership number is [number]. I have moved away.",
            "target_outcome": "A cancellation with its date, and a confirmation by e-mail",
            "walkaway_point": "Do not accept a longer contract, whatever is offered for it.",
            "style": "assertive",
        },
    ),
    "ask": Example(
        "Ask a question",
        {
            "task_type": "custom",
            "objective": "Ask whether [the thing] is in stock, and what it costs.",
            "target_outcome": "Yes or no, and the price",
            "style": "collaborative",
        },
    ),
}
