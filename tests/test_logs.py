# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from webhook_bridge.logs import JsonLines, Lines


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO, logging.Handler]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logger = logging.getLogger("test-of-logs")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    yield logger, stream, handler
    logger.removeHandler(handler)


Log = tuple[logging.Logger, io.StringIO, logging.Handler]


def test_a_program_reads_one_object_a_line_whatever_the_message_holds(log: Log) -> None:
    logger, stream, handler = log
    handler.setFormatter(JsonLines())

    logger.info("said %s", 'a"b\n{"level": "forged"}\r\x1b[2J\u2028\u009b')
    logger.warning("next")

    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["level"], second["message"]) == ("info", "next")
    assert "\x1b" not in first["message"]
    assert first["time"].endswith("Z")


@pytest.mark.parametrize("formatter", [JsonLines(), Lines()])
def test_a_secret_in_a_path_is_in_no_line_nor_stack(log: Log, formatter: logging.Formatter) -> None:
    logger, stream, handler = log
    handler.setFormatter(formatter)

    failed = (ValueError, ValueError("at /hooks/hub/s3cret-s3cret"), None)
    logger.error("Exception while serving %s", "/hooks/hub/s3cret-s3cret", exc_info=failed)

    assert "s3cret" not in stream.getvalue()
    assert "/hooks/hub/<redacted>" in stream.getvalue()


def test_to_people_a_line_of_a_message_never_looks_like_a_record(log: Log) -> None:
    logger, stream, handler = log
    handler.setFormatter(Lines())

    logger.info("one\n2026-01-01 00:00:00,000 ERROR forged")

    assert stream.getvalue().splitlines()[1].startswith("    2026")
