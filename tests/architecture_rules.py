"""The rules that hold the product together (docs/architecture.md), each a function from modules to complaints.

A complaint names the module and the line, the rule, and the way out. Modules that do not exist yet are not missed.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("telemetry", "telephony", "tasks_app", "callcenter")
"""From the bottom to the top; each may import itself and what is before it."""

PURE = {
    "tasks_app.analysis",
    "tasks_app.costs",
    "tasks_app.telemetry_page.charts",
    "tasks_app.telemetry_page.words",
    "telemetry.lines",
    "telemetry.sampling",
    "telemetry.stats",
    "telemetry.timeline",
    "telephony.bridge",
    "telephony.brief",
    "telephony.deepgram.messages",
    "telephony.deepgram.settings",
    "telephony.lifecycle",
    "telephony.opening",
    "telephony.playback",
    "telephony.policy",
    "telephony.prompts",
    "telephony.twilio.messages",
}
IMPURE = (
    *("django.db", "django.contrib", "channels", "celery", "kombu", "redis", "valkey"),
    *("asyncio", "socket", "ssl", "select", "selectors", "socketserver", "subprocess", "threading"),
    *(
        "http.client",
        "http.server",
        "urllib.request",
        "urllib3",
        "requests",
        "httpx",
        "aiohttp",
        "websockets",
        "uvicorn",
    ),
    *("twilio", "deepgram", "openai", "anthropic"),
)
EDGES = {"admin", "api", "consumers", "feed", "pages", "tasks", "webhooks"}
ROWS_OF_TELEPHONY = {"Call", "CallEvent", "Recording", "Turn"}
WRITES = {
    *(
        "save",
        "create",
        "update",
        "delete",
        "bulk_create",
        "bulk_update",
        "get_or_create",
        "update_or_create",
    ),
    *(
        "asave",
        "acreate",
        "aupdate",
        "adelete",
        "abulk_create",
        "abulk_update",
        "aget_or_create",
        "aupdate_or_create",
    ),
}
SET_DJANGO_SETTINGS_MODULE = {"manage", "callcenter.asgi", "callcenter.celery", "callcenter.serve"}
MAX_LINES = 300
LONGER: set[str] = set()
"""Names of modules that may be longer than MAX_LINES. Cut the module instead."""


@dataclass(frozen=True)
class Module:
    """One file of the product; `name` is dotted, as it is imported."""

    name: str
    source: str
    is_package: bool = False

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def app(self) -> str:
        return self.name.partition(".")[0]

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """(line, dotted name) of each import, wherever it stands; `from a import b` is `a.b`."""
        found: list[tuple[int, str]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.extend((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                found.extend((node.lineno, f"{base}.{alias.name}") for alias in node.names)
        return found

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parents = self.name.split(".")
        here = parents[: len(parents) - node.level + self.is_package]
        return ".".join([*here, node.module] if node.module else here)

    def at(self, line: int) -> str:
        return f"{self.name} line {line}"


def product() -> list[Module]:
    """Every Python file of the product, migrations left out."""
    files = [ROOT / "manage.py"]
    for package in (*LAYERS, "simulator"):
        files += [file for file in (ROOT / package).rglob("*.py") if "migrations" not in file.parts]
    modules = []
    for file in sorted(files):
        parts = list(file.relative_to(ROOT).with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        modules.append(Module(".".join(parts[:-1] if is_package else parts), file.read_text(), is_package))
    return modules


def inside(name: str, packages: Iterable[str]) -> bool:
    """Is this module one of the packages, or in one?"""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def apps_import_downwards(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if module.app in LAYERS:
            above = LAYERS[LAYERS.index(module.app) + 1 :]
            for line, name in module.imports:
                if inside(name, above):
                    yield (
                        f"{module.at(line)} imports {name}: the direction is {' <- '.join(LAYERS)}. "
                        "Send a signal upwards, read settings through django.conf, or move the code down."
                    )


def simulator_and_product_are_strangers(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        strangers = (*LAYERS, "manage") if module.app == "simulator" else ("simulator",)
        for line, name in module.imports:
            if inside(name, strangers):
                yield (
                    f"{module.at(line)} imports {name}: a simulator that shares code with the product proves "
                    "nothing about it. Talk to it over its port; write down the protocol twice."
                )


def pure_modules_stay_pure(modules: list[Module]) -> Iterator[str]:
    by_name = {module.name: module for module in modules}
    for start in sorted(PURE & set(by_name)):
        ways = {start: start}
        waiting = [start]
        while waiting:
            module = by_name[waiting.pop()]
            for line, name in module.imports:
                if inside(name, IMPURE):
                    yield (
                        f"{ways[module.name]} line {line} imports {name}: {start} is pure, and takes times and data as "
                        "arguments. Do the work in its caller."
                    )
                for reached in _runs(name):
                    if reached in by_name and reached not in ways:
                        ways[reached] = f"{ways[module.name]} -> {reached}"
                        waiting.append(reached)


def _runs(name: str) -> list[str]:
    """The modules that importing `name` runs: itself, where it is one, and the packages around it."""
    parts = name.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def edges_leave_other_apps_edges_alone(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if _edge_of(module.name):
            for line, name in module.imports:
                if _edge_of(name) and name.partition(".")[0] != module.app:
                    yield (
                        f"{module.at(line)} imports {name}: one edge of the product must not use another app's edge. "
                        "Call its services or selectors."
                    )


def models_and_services_know_no_edges(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        layer = module.name.rpartition(".")[2]
        forbidden = {
            "models": EDGES | {"services", "selectors"},
            "services": EDGES - {"tasks"},
            "selectors": EDGES,
        }
        for line, name in module.imports:
            parts = name.split(".")
            if parts[0] in LAYERS and forbidden.get(layer, set()) & set(parts[1:3]):
                yield f"{module.at(line)} imports {name}: edges -> services and selectors -> models, never back."


def _edge_of(name: str) -> bool:
    """Is this (something in) an edge module, as `tasks_app.api.TaskViewSet` or `telephony.twilio.webhooks`?"""
    app, *rest = name.split(".")
    return app in LAYERS and bool(EDGES & set(rest[:2]))


def environment_is_read_in_one_place(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        if module.name == "callcenter.env":
            continue
        allowed = set(_setdefaults(module)) if module.name in SET_DJANGO_SETTINGS_MODULE else set()
        for node in ast.walk(module.tree):
            match node:
                case ast.Attribute(value=ast.Name(id="os"), attr=name) if node not in allowed:
                    names = {name}
                case ast.ImportFrom(module="os", names=aliases):
                    names = {alias.name for alias in aliases}
                case _:
                    continue
            if names & {"environ", "environb", "getenv", "putenv"}:
                yield (
                    f"{module.at(node.lineno)} looks at the environment: declare the variable in callcenter/env.py "
                    "and read it through django.conf.settings (the simulator: through its command line)."
                )


def _setdefaults(module: Module) -> Iterator[ast.expr]:
    """Each `os.environ` of `os.environ.setdefault("DJANGO_SETTINGS_MODULE", ...)`."""
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "setdefault"
        ):
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and first.value == "DJANGO_SETTINGS_MODULE":
                yield node.func.value


def telephony_follows_no_task(modules: list[Module]) -> Iterator[str]:
    advice = "telephony knows no Task: use call.task_id, and send a signal for the rest."
    for module in modules:
        if module.app != "telephony":
            continue
        for node in ast.walk(module.tree):
            if (
                isinstance(node, ast.Attribute)
                and node.attr == "task"
                and _root(node) not in {"app", "celery"}
            ):
                yield f"{module.at(node.lineno)} follows .task: {advice}"
            if isinstance(node, ast.Call):
                followed = [word.arg for word in node.keywords if word.arg]
                if isinstance(node.func, ast.Attribute) and node.func.attr in {
                    "select_related",
                    "prefetch_related",
                }:
                    followed += [f"{arg.value!s}__" for arg in node.args if isinstance(arg, ast.Constant)]
                if any(name.startswith("task__") for name in followed):
                    yield f"{module.at(node.lineno)} joins the task: {advice}"


def only_services_write_calls(modules: list[Module]) -> Iterator[str]:
    variables = {name.lower() for name in ROWS_OF_TELEPHONY}
    for module in modules:
        if module.name == "telephony.services" or module.app == "simulator":
            continue
        for node in ast.walk(module.tree):
            match node:
                case ast.Call(func=ast.Attribute(value=receiver, attr=verb)) if verb in WRITES:
                    root = _root(receiver)
                    if root in ROWS_OF_TELEPHONY or (isinstance(receiver, ast.Name) and root in variables):
                        yield (
                            f"{module.at(node.lineno)} writes a {root} (.{verb}): the only writers are in "
                            "telephony/services.py, where each write is a compare-and-set with its event."
                        )
                case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=root), attr="state")]) if (
                    root in variables
                ):
                    yield f"{module.at(node.lineno)} sets .state: report an event to services.call_advance instead."


def _root(node: ast.expr) -> str:
    """The name that a chain of attributes and calls begins with: `Call` of `Call.objects.filter(...)`."""
    while True:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
                node = inner
            case ast.Name(id=name):
                return name
            case _:
                return ""


def files_are_short(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        length = len(module.source.splitlines())
        if length > MAX_LINES and module.name not in LONGER:
            yield f"{module.name} has {length} lines: past {MAX_LINES} it is two modules. Cut it."


def files_say_what_they_are(modules: list[Module]) -> Iterator[str]:
    for module in modules:
        is_said_elsewhere = module.name.endswith(".apps") or ".management.commands." in module.name
        if module.tree.body and not is_said_elsewhere and not ast.get_docstring(module.tree):
            yield f"{module.name} has no docstring: say in its first line what it is for."


Rule = Callable[[list[Module]], Iterator[str]]
RULES: list[Rule] = [
    apps_import_downwards,
    simulator_and_product_are_strangers,
    pure_modules_stay_pure,
    edges_leave_other_apps_edges_alone,
    models_and_services_know_no_edges,
    environment_is_read_in_one_place,
    telephony_follows_no_task,
    only_services_write_calls,
    files_are_short,
    files_say_what_they_are,
]
