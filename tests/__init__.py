"""The tests, and what they need beyond the product."""

from importlib.util import find_spec

import pytest

_NEEDED = ("pytest_asyncio", "xdist", "hypothesis", "jsonschema", "playwright", "cryptography")

if missing := [name for name in _NEEDED if find_spec(name) is None]:
    pytest.exit(
        f"The tests need {', '.join(missing)}: run ./scripts/run-tests.sh, which sets up all of it, "
        "or `pip install -r requirements-dev.txt`.",
        returncode=4,
    )
