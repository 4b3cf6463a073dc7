"""OpenAI's chat completions, as OpenAI, Groq and local servers speak them.

Sources: OpenAI API reference "Chat completions", Groq docs "Structured outputs", vLLM docs "Structured outputs".
The SDK takes seconds to import, so the factory imports this module when a model is needed, and before its deadline.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import openai
from pydantic import BaseModel

from tasks_app.llm.base import MAX_ANSWER_TOKENS, Answer, Message, count_of_tokens
from tasks_app.llm.failures import (
    NO_ANSWER_OF_THIS_API,
    connection_failure,
    status_failure,
    unreadable_answer,
)
from telephony.base_urls import with_version
from telephony.retrying import ProviderFailed

Rung = Literal["json_schema", "structured_outputs", "json_object", "plain"]
"""Ways to ask for JSON, the strictest first."""


@dataclass(slots=True)
class ChatModel:
    """A model behind a chat completions endpoint.

    `variables` is what the names of its settings begin with; `ladder` is what to try when a server cannot do the first.
    """

    provider: str
    name: str
    variables: str
    model: str
    base_url: str
    api_key: str
    ladder: tuple[Rung, ...] = ("json_schema",)
    length_limit: Literal["max_completion_tokens", "max_tokens"] = "max_completion_tokens"

    async def complete(
        self, system: str, messages: Sequence[Message], schema: type[BaseModel], timeout_s: float
    ) -> Answer:
        """Ask once, on the highest rung of the ladder that the server takes."""
        for rung in self.ladder:
            answer = await self._ask(rung, system, messages, schema, timeout_s)
            if answer is not None:
                return answer
        raise ProviderFailed(f"{self.name} does not accept the request.")

    async def _ask(
        self, rung: Rung, system: str, messages: Sequence[Message], schema: type[BaseModel], timeout_s: float
    ) -> Answer | None:
        """The answer, or None when the server does not know this rung and there is a lower one."""
        if rung != "json_schema":
            system = f"{system}\n\nAnswer with one JSON object of this JSON schema, and nothing else:\n"
            system += json.dumps(schema.model_json_schema())
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": "system", "content": system}, *messages],
            self.length_limit: MAX_ANSWER_TOKENS,
            **_format(rung, schema),
        }
        async with openai.AsyncOpenAI(
            api_key=self.api_key or "none",  # the SDK insists on one; local servers ignore it
            base_url=with_version(self.base_url),
            timeout=timeout_s,
            max_retries=0,
        ) as client:
            try:
                response = await client.chat.completions.with_raw_response.parse(**asked)
            except openai.APIStatusError as error:
                if error.status_code in (400, 422) and rung != self.ladder[-1]:
                    return None
                headers = error.response.headers
                raise status_failure(self.name, self.variables, error.status_code, headers) from None
            except openai.APITimeoutError:
                raise connection_failure(self.name, timed_out=True) from None
            except openai.APIConnectionError:
                raise connection_failure(self.name, timed_out=False) from None
            except openai.OpenAIError:
                raise unreadable_answer(self.name, self.variables) from None
            return self._answer(response.text)

    def _answer(self, body: str) -> Answer:
        """The first choice of a completion; the SDK's reading would lose one that is cut off or no valid JSON.

        Raises:
            ProviderFailed: the model refused or was stopped, or this is no completion.
        """
        try:
            completion = json.loads(body)
            [choice, *_] = completion["choices"]
            message, finish_reason = choice["message"], choice.get("finish_reason")
            refused, content = message.get("refusal"), message.get("content")
        except NO_ANSWER_OF_THIS_API:
            raise unreadable_answer(self.name, self.variables) from None
        if finish_reason == "content_filter":
            raise ProviderFailed(f"{self.name}'s content filter stopped the answer.")
        if refused:
            raise ProviderFailed("The model refused to judge this call.")
        usage = completion.get("usage")
        usage = usage if isinstance(usage, dict) else {}
        return Answer(
            raw=content if isinstance(content, str) else "",
            model=str(completion.get("model") or self.model),
            input_tokens=count_of_tokens(usage.get("prompt_tokens")),
            output_tokens=count_of_tokens(usage.get("completion_tokens")),
            cut_off=finish_reason == "length",
        )


def _format(rung: Rung, schema: type[BaseModel]) -> dict[str, Any]:
    match rung:
        case "json_schema":
            return {"response_format": schema}
        case "structured_outputs":
            return {"extra_body": {"structured_outputs": {"json": schema.model_json_schema()}}}
        case "json_object":
            return {"response_format": {"type": "json_object"}}
        case "plain":
            return {}
