#!/usr/bin/env python
"""Checks a running server as a program would use it: every endpoint, and one call from its task to its verdict.

    python scripts/smoke_api.py --base-url http://127.0.0.1:3001 [--no-websocket] [--phone NUMBER] [--api-key KEY]

Prints how long each endpoint took and each state of task and call. The call is stopped as soon as both sides have
spoken. A server that makes real calls is only asked for one when --phone says whom to call. Exit status: 0 all is
well, 1 something is not, 2 the arguments make no sense, 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
try:
    from callcenter import env
    from callcenter.call_feed import NotFollowed
    from callcenter.smoke import Smoke
    from callcenter.smoke_server import Failed, Server, say
except ModuleNotFoundError as error:
    sys.exit(f"{error}: run it with the product's own Python, .venv/bin/python scripts/smoke_api.py")


def _key_of_the_first_run() -> str:
    """DATA_ROOT/api-key, with DATA_ROOT as the server has it: from the environment, else .env, else data/."""
    path = env.BASE_DIR / env.load().data_root.expanduser() / "api-key"
    try:
        return path.read_text().strip()
    except OSError as error:
        raise Failed(f"there is no API key in {path} ({error.strerror}): give one with --api-key") from None


def _base_url(text: str) -> str:
    if urlsplit(text).scheme not in ("http", "https") or not urlsplit(text).hostname:
        raise argparse.ArgumentTypeError("must be a server's address, as in http://127.0.0.1:3001")
    return text.rstrip("/")


def main() -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--base-url", type=_base_url, default="http://127.0.0.1:3001")
    parser.add_argument("--no-websocket", action="store_true", help="use the REST API alone")
    parser.add_argument("--phone", help="whom to call; a simulated number when it is not given")
    parser.add_argument("--api-key", help="default: the key of the server's first run")
    given = parser.parse_args()
    began = time.monotonic()
    try:
        server = Server(given.base_url, given.api_key or _key_of_the_first_run())
        Smoke(server, given.phone, websocket=not given.no_websocket).run()
    except (Failed, NotFollowed) as error:
        print(f"FAILED: {str(error).rstrip('.')}.", file=sys.stderr)
        return 1
    except (KeyError, IndexError, TypeError, ValueError) as error:
        print(
            f"FAILED: an answer is not as the contract has it ({type(error).__name__}: {error}).",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 130
    say(f"All is well: {server.requests} requests, {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
