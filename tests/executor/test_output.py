# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.executor.output import RunLog, printable_lines

pytestmark = pytest.mark.matrix


def written(file: Path, *parts: bytes, largest: int = 10_000) -> str:
    with RunLog(file, largest=largest) as log:
        for part in parts:
            os.write(log.descriptor, part)
    return file.read_text(encoding="utf-8")


def test_text_comes_through_as_it_is(tmp_path: Path) -> None:
    assert written(tmp_path / "log", b"ok: [h1]\n\tGr\xc3", b"\xbc\xc3\x9fe\nend") == (
        "ok: [h1]\n\tGrüße\nend\n"
    )


def test_control_characters_are_left_out(tmp_path: Path) -> None:
    assert written(tmp_path / "log", b"a\x1b[2Jb\x00\xc2\x9b\r\n\xff\n") == "a[2Jb\n\ufffd\n"


def test_a_long_line_is_cut(tmp_path: Path) -> None:
    text = written(tmp_path / "log", b"x" * 60_000, b"y" * 60_000 + b"\nz\n", largest=100_000)

    assert text == "x" * 16_384 + " [cut: the line is longer than 16 KiB]\nz\n"


def test_a_full_log_says_so_and_holds_nobody_up(tmp_path: Path) -> None:
    text = written(tmp_path / "log", *[b"0123456789\n" * 1000] * 50, largest=1100)

    assert text.startswith("0123456789\n" * 100)
    assert text.endswith("[the log ends here: it may have 16 MiB; the run went on]\n")
    assert len(text) < 1300


def test_a_log_that_cannot_be_written_holds_nobody_up() -> None:
    with RunLog(Path("/dev/full")) as log:
        for _ in range(50):
            os.write(log.descriptor, b"0123456789\n" * 1000)


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=5))
def test_how_the_bytes_arrive_does_not_matter(data: bytes, cuts: list[int]) -> None:
    ends = sorted({*cuts, len(data)})
    parts = [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    assert "".join(printable_lines(iter(parts))) == "".join(printable_lines(iter([data])))
