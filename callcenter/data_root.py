"""Whether this process uses the same DATA_ROOT as every other one on its database: recordings lie there.

The folder's id lies in it as `instance-id`, and in the database; whoever comes first decides both.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import DatabaseError, connection

from callcenter import kept
from callcenter.models import DataRoot


def problem() -> str | None:
    """What is wrong, and what to do; None when the folder is the shared one or the database has no tables yet.

    Raises:
        DatabaseError: the database cannot be reached.
    """
    if DataRoot._meta.db_table not in connection.introspection.table_names():
        return None
    id_file = settings.DATA_ROOT / "instance-id"
    try:
        mine = kept.text_in(id_file, lambda: uuid.uuid4().hex)
    except OSError as error:
        return f"DATA_ROOT: {id_file} cannot be used ({error.strerror}). Run all processes as one user."
    shared = DataRoot.objects.get_or_create(pk=1, defaults={"folder_id": mine})[0].folder_id
    if mine == shared:
        return None
    return (
        f"DATA_ROOT: {settings.DATA_ROOT} is not the folder that the other processes on this database use. "
        f"Let all of them share one; if that one is lost for good, write {shared} into {id_file}."
    )


def problem_at_start() -> str | None:
    """`problem`, for a process that has not used the database yet; one that is away is for readiness to tell."""
    try:
        return problem()
    except DatabaseError:
        return None
    finally:
        connection.close()
