"""Which bytes a Range header means, of a file of 100."""

from __future__ import annotations

import pytest

from tasks_app.byte_range import ByteRange, Unsatisfiable, asked_range

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        (None, None),
        ("", None),
        ("bytes=0-", (0, 99)),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-19", (10, 19)),
        ("bytes=99-", (99, 99)),
        ("bytes=90-1000", (90, 99)),
        ("bytes=-1", (99, 99)),
        ("bytes=-1000", (0, 99)),
        ("Bytes = 1 - 2", (1, 2)),
        ("bytes=20-10", None),
        ("bytes=-", None),
        ("bytes=a-b", None),
        ("bytes=0-1,5-6", None),
        ("items=0-1", None),
        ("bytes=1-2-3", None),
        ("bytes=" + "9" * 400 + "-", None),
        ("bytes=٣-٤", None),
    ],
)
def test_a_header_means(header: str | None, wanted: tuple[int, int] | None) -> None:
    assert asked_range(header, 100) == (wanted and ByteRange(*wanted))


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=999999999999999999-"])
def test_nothing_of_it_is_there(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, 100)


@pytest.mark.parametrize("header", ["bytes=0-", "bytes=-5"])
def test_an_empty_file_has_no_ranges(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        asked_range(header, 0)
