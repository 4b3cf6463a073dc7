"""The text of `.env.example`, made from the variables themselves."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from callcenter.env import Env

HEADING = """\
# Copy this file to .env and fill in what you need: an empty value means the default, and the process
# environment wins over this file. Written by `manage.py env_example`; edit callcenter/env.py instead.
"""


def render() -> str:
    """Every variable, in sections, each with its description and default, and no value."""
    lines = [HEADING]
    section = ""
    for name, field in Env.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        if extra["section"] != section:
            section = str(extra["section"])
            lines.append(f"\n# ---- {section} ----\n")
        comment = f"{field.description}{_default(field.default)}"
        lines.append(textwrap.fill(comment, 100, initial_indent="# ", subsequent_indent="# "))
        lines.append(f"{name.upper()}=\n")
    return "\n".join(lines)


def _default(value: Any) -> str:
    if value in (None, "", [], {}):
        return ""
    text = (
        str(value).lower()
        if isinstance(value, bool)
        else str(Path(value) if isinstance(value, Path) else value)
    )
    return f" Default: {text}"
