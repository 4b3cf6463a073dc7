"""Anthropic's models. Source: Anthropic API reference "Messages", "Structured outputs".

The SDK takes seconds to import, so the factory imports this module when a model is needed, and before its deadline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anthropic
from django.conf import settings
from pydantic import BaseModel

from tasks_app.llm.base import MAX_ANSWER_TOKENS, Answer, Message, count_of_tokens
from tasks_app.llm.failures import (
    NO_ANSWER_OF_THIS_API,
    connection_failure,
    status_failure,
    unreadable_answer,
)
from telephony.base_urls import without_version
from telephony.retrying import ProviderFailed

_CUT_OFF = frozenset({"max_tokens", "model_context_window_exceeded"})


@dataclass(slots=True)
class MessagesModel:
    """A model behind `/v1/messages`."""

    model: str
    base_url: str
    api_key: str
    provider: str = "anthropic"

    async def complete(
        self, system: str, messages: Sequence[Message], schema: type[BaseModel], timeout_s: float
    ) -> Answer:
        """Ask once. `create` and not `parse`, which loses a refusal and an answer that was cut off."""
        asked: list[Any] = list(messages)
        async with anthropic.AsyncAnthropic(
            api_key=self.api_key,
            base_url=without_version(self.base_url),
            timeout=timeout_s,
            max_retries=0,  # the SDK would wait for days where Retry-After says so
        ) as client:
            try:
                message = await client.messages.create(
                    model=self.model,
                    max_tokens=MAX_ANSWER_TOKENS,
                    system=system,
                    messages=asked,
                    output_config={
                        "format": {"type": "json_schema", "schema": anthropic.transform_schema(schema)}
                    },
                )
            except anthropic.APIStatusError as error:
                headers = error.response.headers
                raise status_failure("Anthropic", "ANTHROPIC", error.status_code, headers) from None
            except anthropic.APITimeoutError:
                raise connection_failure("Anthropic", timed_out=True) from None
            except anthropic.APIConnectionError:
                raise connection_failure("Anthropic", timed_out=False) from None
            except (anthropic.AnthropicError, *NO_ANSWER_OF_THIS_API):
                raise unreadable_answer("Anthropic", "ANTHROPIC") from None
        try:
            return self._answer(message)
        except NO_ANSWER_OF_THIS_API:
            raise unreadable_answer("Anthropic", "ANTHROPIC") from None

    def _answer(self, message: anthropic.types.Message) -> Answer:
        """The text of a message, which the SDK does not validate.

        Raises:
            ProviderFailed: the model refused.
        """
        if message.stop_reason == "refusal":
            raise ProviderFailed("The model refused to judge this call.")
        usage = getattr(message, "usage", None)
        return Answer(
            raw="".join(block.text for block in message.content if block.type == "text"),
            model=str(message.model or self.model),
            input_tokens=count_of_tokens(getattr(usage, "input_tokens", None)),
            output_tokens=count_of_tokens(getattr(usage, "output_tokens", None)),
            cut_off=message.stop_reason in _CUT_OFF,
        )


def configured() -> MessagesModel:
    """The model that the settings name."""
    return MessagesModel(
        model=settings.ANTHROPIC_MODEL,
        base_url=settings.ANTHROPIC_BASE_URL,
        api_key=settings.ANTHROPIC_API_KEY,
    )
