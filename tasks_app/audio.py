"""The recording of a call over HTTP, whole or in ranges, never all of it in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import http_date, parse_http_date_safe
from rest_framework.request import Request

from tasks_app.byte_range import Unsatisfiable, asked_range
from tasks_app.problems import CONTENT_TYPE, problem
from tasks_app.refusals import Refusal
from telephony import recording
from telephony.models import Call, Recording

BLOCK_BYTES = 64 * 1024


def audio_file(call: Call, side: str) -> Path:
    """The finished file of an answered call's side.

    Raises:
        Refusal: `still_recording` or `recording_missing`.
    """
    record: Recording | None = getattr(call, "recording", None)
    if record is not None and record.state == Recording.State.RECORDING:
        raise Refusal(
            "still_recording",
            "The call is still being recorded; its audio is ready when it is over.",
            status=404,
        )
    path = recording.wav_path(call.pk, side)
    inside = path.resolve().is_relative_to(recording.directory(call.pk).resolve())
    if record is None or record.state == Recording.State.MISSING or not inside or not path.is_file():
        raise Refusal("recording_missing", "There is no recording of this call.", status=404)
    return path


def audio_response(request: Request, path: Path, name: str) -> HttpResponseBase:
    """`path` as RFC 9110 wants it: 200, 206 or 416, `If-Range`, HEAD."""
    stat = path.stat()
    etag, modified = f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"', int(stat.st_mtime)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}"',
        "ETag": etag,
        "Last-Modified": http_date(modified),
        "X-Content-Type-Options": "nosniff",
    }
    # only GET has ranges (RFC 9110, 14.2)
    ranged = request.method == "GET" and _unchanged(request.headers.get("If-Range"), etag, modified)
    try:
        part = asked_range(request.headers.get("Range") if ranged else None, stat.st_size)
    except Unsatisfiable:
        headers = {"Accept-Ranges": "bytes", "Content-Range": f"bytes */{stat.st_size}"}
        detail = f"The recording has {stat.st_size} bytes, and none of the range is among them."
        body = problem(status=416, code="range_not_satisfiable", detail=detail, instance=request.path)
        return JsonResponse(body, status=416, headers=headers, content_type=CONTENT_TYPE)
    first, length = (part.first, part.length) if part else (0, stat.st_size)
    headers["Content-Length"] = str(length)
    if part:
        headers["Content-Range"] = part.content_range(stat.st_size)
    status = 206 if part else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type="audio/wav")
    return StreamingHttpResponse(
        _blocks(path, first, length), status=status, headers=headers, content_type="audio/wav"
    )


def _unchanged(if_range: str | None, etag: str, modified: int) -> bool:
    """Whether a range continues what the client has (RFC 9110, 13.1.5): a strong tag or the exact date."""
    if if_range is None:
        return True
    return if_range == etag or parse_http_date_safe(if_range) == modified


async def _blocks(path: Path, first: int, length: int) -> AsyncIterator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, first)
        while length > 0 and (block := await asyncio.to_thread(file.read, min(BLOCK_BYTES, length))):
            length -= len(block)
            yield block
    finally:
        file.close()
