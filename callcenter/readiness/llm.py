"""Whether the language model that judges calls is there, asked about it, which costs nothing.

Sources: the "Models" pages of OpenAI's, Anthropic's and Groq's API references; vLLM only lists its models.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.conf import settings

from callcenter.readiness.http import Answer, Unanswered, get
from callcenter.readiness.report import Check, State
from tasks_app.llm.factory import llm_is_simulated, llm_problem
from tasks_app.llm.failures import status_failure
from telephony.base_urls import with_version, without_version

_ANTHROPIC_VERSION = "2026-10-21"


@dataclass(frozen=True, slots=True)
class _Question:
    """Where one provider is asked, by what key; `listed`: it knows only how to list its models."""

    name: str
    variables: str
    model: str
    url: str
    key: str
    listed: bool = False


def llm() -> Iterator[Check]:
    """The model that `LLM_PROVIDER` chooses."""
    if problem := llm_problem():
        message = f"{problem} Finished calls get statistics instead of a verdict."
        yield Check("llm", State.MISSING, message, "Set it in .env, or choose another LLM_PROVIDER.")
        return
    question = _question()
    headers = {"Authorization": f"Bearer {question.key}"} if question.key else {}
    if settings.LLM_PROVIDER == "anthropic":
        headers["anthropic-version"] = _ANTHROPIC_VERSION
    try:
        answer = get(question.url, headers)
    except Unanswered as error:
        fix = f"Check this machine's network and {question.variables}_BASE_URL."
        yield Check("llm", State.BROKEN, f"{question.name} {error}.", fix)
        return
    yield _judged(question, answer)


def _question() -> _Question:
    provider = settings.LLM_PROVIDER
    prefix = {"local": "VLLM"}.get(provider, provider.upper())
    values: dict[str, str] = {
        part: getattr(settings, f"{prefix}_{part}") for part in ("API_KEY", "MODEL", "BASE_URL")
    }
    name = {"openai": "OpenAI", "anthropic": "Anthropic", "groq": "Groq"}.get(
        provider, "The local model server"
    )
    base = (
        f"{without_version(values['BASE_URL'])}/v1"
        if provider == "anthropic"
        else with_version(values["BASE_URL"])
    )
    listed = provider == "local"
    url = f"{base}/models" if listed else f"{base}/models/{quote(values['MODEL'])}"
    return _Question(name, prefix, values["MODEL"], url, values["API_KEY"], listed)


def _judged(question: _Question, answer: Answer) -> Check:
    if answer.status != 200:
        message = str(status_failure(question.name, question.variables, answer.status, {}))
        variables = (
            f"{question.variables}_API_KEY, {question.variables}_MODEL and {question.variables}_BASE_URL"
        )
        return Check("llm", State.BROKEN, message, f"Check {variables}.")
    if not (isinstance(answer.body, dict) and ("data" if question.listed else "id") in answer.body):
        message = f"What answers at {question.variables}_BASE_URL is no API of language models."
        return Check("llm", State.BROKEN, message, f"Check {question.variables}_BASE_URL.")
    if question.listed and question.model not in _ids(answer.body):
        message = f"{question.name} does not serve {question.model}."
        return Check("llm", State.BROKEN, message, "Set VLLM_MODEL to a name that the server lists.")
    if llm_is_simulated():
        return Check("llm", State.OK, "The simulator judges calls; its verdicts are labelled so.")
    return Check("llm", State.OK, f"{question.name}'s {question.model} judges calls.")


def _ids(body: Any) -> set[str]:
    """The models of a list, in the form of OpenAI's."""
    rows = body.get("data") if isinstance(body, dict) else None
    return {str(row.get("id")) for row in rows or () if isinstance(row, dict)}
