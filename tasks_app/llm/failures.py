"""The errors of the OpenAI and Anthropic SDKs, which have the same names in both, as ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from telephony.retrying import ProviderFailed, failure_of_status

NO_ANSWER_OF_THIS_API: Final = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading an answer raises that is another thing: a page in HTML, an empty body, JSON of another shape."""

_SENTENCES: Final = {
    400: "{name} does not accept the request.",
    401: "{name} does not accept the key: check {variables}_API_KEY.",
    402: "{name} wants payment: check the account's balance.",
    403: "{name} does not let this key use the model: check {variables}_API_KEY and {variables}_MODEL.",
    404: "{name} does not know the model or the address: check {variables}_MODEL and {variables}_BASE_URL.",
    413: "{name} takes no call as long as this: choose a model that reads more in {variables}_MODEL.",
    429: "{name} has limited the rate of requests.",
}


def status_failure(name: str, variables: str, status: int, headers: Mapping[str, str]) -> ProviderFailed:
    """What an HTTP status means. The provider's own text is left out: it may quote the prompt.

    `variables` is what the names of the provider's settings begin with: `OPENAI`.
    """
    sentence = _SENTENCES.get(status, "{name} answered {status}.")
    return failure_of_status(sentence.format(name=name, variables=variables, status=status), status, headers)


def unreadable_answer(name: str, variables: str) -> ProviderFailed:
    """The status is good, and the body is not what this API answers: a proxy's page, or another server's JSON."""
    return ProviderFailed(f"{name}'s answer cannot be read: check {variables}_BASE_URL.", again=True)


def connection_failure(name: str, *, timed_out: bool) -> ProviderFailed:
    """No answer, or none in time."""
    return ProviderFailed(
        f"{name} did not answer in time." if timed_out else f"{name} cannot be reached.", again=True
    )
