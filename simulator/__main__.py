"""python -m simulator: serve until SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from simulator.callee.scenario import ScenarioError
from simulator.config import SimulatorConfig
from simulator.server import Simulator


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    defaults = SimulatorConfig()
    parser = argparse.ArgumentParser(
        prog="simulator", description="Simulated Twilio, Deepgram and language models on loopback."
    )
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port, help="0 picks a free one")
    parser.add_argument("--twilio-account-sid", default=defaults.twilio_account_sid)
    parser.add_argument("--twilio-auth-token", default=defaults.twilio_auth_token)
    parser.add_argument("--deepgram-api-key", default=defaults.deepgram_api_key)
    parser.add_argument("--llm-api-key", default=defaults.llm_api_key)
    parser.add_argument("--scenarios", type=Path, default=defaults.scenarios_dir, metavar="DIR")
    parser.add_argument("--callee-audio", type=Path, metavar="FILE", help="recording a callee opens with")
    parser.add_argument("--seed", type=int, default=defaults.seed)
    given = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    config = SimulatorConfig(
        host=given.host,
        port=given.port,
        twilio_account_sid=given.twilio_account_sid,
        twilio_auth_token=given.twilio_auth_token,
        deepgram_api_key=given.deepgram_api_key,
        llm_api_key=given.llm_api_key,
        scenarios_dir=given.scenarios,
        callee_audio=given.callee_audio,
        seed=given.seed,
    )
    try:
        asyncio.run(_serve(config))
    except ScenarioError as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"simulator: cannot listen on {config.host}:{config.port}: {error.strerror}", file=sys.stderr)
        return 1
    return 0


async def _serve(config: SimulatorConfig) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Simulator(config) as running:
        print(f"simulator ready on {running.url}", flush=True)
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
