"""What is wrong with a variable, in a sentence."""

from __future__ import annotations

from pydantic_core import ErrorDetails


def line(details: ErrorDetails) -> str:
    """One error as `NAME: what is wrong. What to do.`, without the value, which may be a secret."""
    name = str(details["loc"][0]).upper()
    limits = details.get("ctx", {})
    match details["type"]:
        case "int_parsing" | "int_type" | "int_from_float":
            wrong = "must be a whole number"
        case "float_parsing" | "float_type":
            wrong = "must be a number"
        case "bool_parsing" | "bool_type":
            wrong = "must be true or false"
        case "literal_error":
            wrong = f"must be one of {limits['expected']}".replace("'", "")
        case "greater_than_equal":
            wrong = f"must be at least {limits['ge']}"
        case "less_than_equal":
            wrong = f"must be at most {limits['le']}"
        case "value_error":
            wrong = str(limits["error"])
        case _:
            wrong = details["msg"]
    remedy = "" if "required" in wrong else " Correct it, or leave it empty for the default."
    return f"{name}: {wrong}.{remedy}"
