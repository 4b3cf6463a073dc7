"""Ids in paths: UUIDs, in capitals as well (RFC 9562, 4: "case insensitive on input")."""

from __future__ import annotations

from django.urls import register_converter
from django.urls.converters import UUIDConverter


class _Id(UUIDConverter):
    regex = UUIDConverter.regex.replace("a-f", "a-fA-F")


register_converter(_Id, "id")
