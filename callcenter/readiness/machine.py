"""Checks of this machine: settings, database, folder, broker, worker."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec

from django.conf import settings
from django.db import DatabaseError, connection

from callcenter import broker, checks, data_root, tables
from callcenter.readiness.report import Check, State
from telephony import disk_room

WORKER_ANSWERS_WITHIN_S = 1.0


_OF_PROVIDERS = frozenset({"callcenter.W001", "callcenter.W004", "callcenter.E005"})


def configured() -> Iterator[Check]:
    """What the start-up checks say. What calls miss of the providers is said by the providers' own checks."""
    found = [message for message in checks.configuration(None) if message.id not in _OF_PROVIDERS]
    for message in found:
        yield Check("settings", State.BROKEN, str(message.msg), str(message.hint))
    if not found:
        yield Check("settings", State.OK, "Every variable that is set makes sense.")


def database() -> Iterator[Check]:
    """That it answers, has every table, and is the one of this DATA_ROOT."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        yield Check("database", State.OK, f"{connection.display_name} answers.")
        yield from _migrations()
        if problem := data_root.problem():
            yield Check("shared_data_root", State.BROKEN, problem, "Give all processes the same DATA_ROOT.")
    except DatabaseError:
        yield database_away()
        yield Check("migrations", State.SKIPPED, "Not known while the database is away.")
    finally:
        connection.close()


def database_away() -> Check:
    """What there is to say of a database that has just refused."""
    fix = (
        "Start the database, or correct DATABASE_URL." if settings.DATABASE_URL else "Mend DATA_ROOT's disk."
    )
    return Check("database", State.BROKEN, "The database cannot be used.", fix)


def _migrations() -> Iterator[Check]:
    if tables.are_current():
        yield Check("migrations", State.OK, "The tables are up to date.")
    else:
        fix = "Run `python manage.py migrate`, or start with `manage.py up`, which does."
        yield Check("migrations", State.MISSING, "Tables of the database are missing or old.", fix)


def folder() -> Iterator[Check]:
    """Whether DATA_ROOT can be written, and has room."""
    root = settings.DATA_ROOT
    try:
        with tempfile.TemporaryFile(dir=root) as file:
            file.write(b"\0" * 4096)
        free = disk_room.free_bytes()
    except OSError as error:
        fix = "Make room there and let this user write, or set DATA_ROOT to another folder."
        yield Check("data_root", State.BROKEN, f"{root} cannot be written ({error.strerror}).", fix)
        return
    if free < disk_room.LEAST_FREE_BYTES:
        fix = "Make room there, or set DATA_ROOT to a folder on a larger disk."
        yield Check("data_root", State.BROKEN, f"{root} has only {free / 1e6:.0f} MB left.", fix)
    else:
        yield Check("data_root", State.OK, f"{root} can be written; {free / 1e9:.1f} GB are free.")


def pipeline() -> Iterator[Check]:
    """The broker, and a worker that answers through it."""
    if not settings.REDIS_URL:
        fix = "Start with `manage.py up`, which brings a broker and a worker, or set REDIS_URL."
        message = (
            "REDIS_URL is not set: nothing happens after a call, and processes hear nothing of each other."
        )
        yield Check("broker", State.MISSING, message, fix)
        yield Check("worker", State.SKIPPED, "Workers are reached through the broker.")
        return
    try:
        broker.check(settings.REDIS_URL)
    except broker.NoBroker:
        message = "The Redis or Valkey server does not answer."
        yield Check("broker", State.BROKEN, message, "Start it, or correct REDIS_URL.")
        yield Check("worker", State.SKIPPED, "Workers are reached through the broker.")
        return
    yield Check("broker", State.OK, "The Redis or Valkey server answers.")
    yield _worker()


def _worker() -> Check:
    from callcenter.celery import app

    try:
        answers = app.control.broadcast("ping", reply=True, timeout=WORKER_ANSWERS_WITHIN_S, limit=1)
    except Exception:  # whatever a broker that goes away makes its client raise
        answers = None
    if answers:
        return Check("worker", State.OK, "A worker answers: calls are transcribed and judged.")
    fix = (
        "Start one: `celery -A callcenter worker -B`; `manage.py up` does, and service.log says why it ended."
    )
    return Check("worker", State.MISSING, "No worker answers: calls are not transcribed and not judged.", fix)


def simulated_voice() -> Iterator[Check]:
    """Whether simulated people speak words; babble serves as well, for all but ears."""
    if shutil.which("espeak-ng") or find_spec("espeakng_loader"):
        yield Check("simulated_voice", State.OK, "The simulated people speak words.")
    else:
        message = "The simulated people babble: install espeak-ng or requirements-voice.txt to hear words."
        yield Check("simulated_voice", State.SKIPPED, message)
