"""The Deepgram half of the simulator."""

from __future__ import annotations

from aiohttp import web

from simulator.config import SimulatorConfig
from simulator.deepgram.agent import converse
from simulator.deepgram.faults import FaultPlan, fault_routes
from simulator.deepgram.listen import listen_routes
from simulator.deepgram.projects import project_routes
from simulator.world import World


def routes(world: World, config: SimulatorConfig) -> list[web.AbstractRouteDef]:
    """Everything under api.deepgram.com and agent.deepgram.com that the simulator serves, and the faults of it."""
    faults = FaultPlan()

    async def agent(request: web.Request) -> web.StreamResponse:
        return await converse(request, world, config, faults)

    return [
        web.get("/v1/agent/converse", agent, allow_head=False),
        *fault_routes(faults),
        *listen_routes(world, config),
        *project_routes(config),
    ]
