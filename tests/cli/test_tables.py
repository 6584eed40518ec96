# SPDX-License-Identifier: GPL-3.0-or-later
"""What a table keeps whole, and what it cuts, on a terminal and in a pipe."""

from __future__ import annotations

import re

import pytest
from rich.cells import cell_len

from webhook_bridge.cli.output import print_table, short_reason
from webhook_bridge.cli.tables import cut_to

DIGEST = f"sha256:{'2' * 64}"
REFERENCE = f"registry.example.com:5000/acme/shop@{DIGEST}"
WHY = f"h1: {REFERENCE} cannot be had from the registry: it does not know it any more"
WORDS = (
    "h1: the port 80 is held by another process of this host, which no container of ours is " * 3
)
RUN = ("3074f6c3", "2026-11-30 08:00:05", "payments-api", "reconcile", "superseded")
LISTS = {
    "runs": (("RUN", "STARTED (UTC)", "APP", "KIND", "STATE", "WHY"), (*RUN, WHY)),
    "status": (
        ("APP", "STATE", "VERSION", "DIGEST", "HOSTS", "WHY"),
        ("payments-api", "superseded", "2026.11.30-rc1", "222222222222", "12/24", WHY),
    ),
    "deliveries": (
        ("DELIVERY", "RECEIVED (UTC)", "HOOK", "VERDICT", "WHY"),
        ("669b6fad", "2026-11-30 08:00:05", "production", "registry_unreachable", WHY),
    ),
    "rejected": (
        ("RECEIVED (UTC)", "HOOK", "STATUS", "FROM", "WHY"),
        ("2026-11-30 08:00:05", "production", "401", "2001:db8:85a3::8a2e:370:7334", WHY),
    ),
    "releases": (
        ("", "RELEASE", "SINCE (UTC)", "VERSION", "DIGEST", "STATE", "HELD", "BROUGHT BY"),
        (">", *RUN[:2], "2026.11.30-rc1", "222222222222", "desired", "rolled back", WHY),
    ),
    "events": (
        ("EVENT", "AT (UTC)", "WHAT", "APP", "BY", "DETAILS"),
        ("123456", RUN[1], "delivery.decided", RUN[2], "cli:me@controller.example.com", WHY),
    ),
}


def shown(
    capsys: pytest.CaptureFixture[str],
    table: tuple[tuple[str, ...], tuple[str, ...]],
    **chosen: bool,
) -> list[str]:
    print_table(table[0], [table[1]], empty="", **chosen)
    return re.sub("\x1b[^m]*m", "", capsys.readouterr().out).splitlines()


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")


LONG = "2026.11.30-nightly-build-0123456789abcdef (0f3a9c1)"


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("full", [True, False])
def test_a_long_version_shrinks_before_a_row_takes_two_lines(
    capsys: pytest.CaptureFixture[str], *, full: bool
) -> None:
    columns, row = LISTS["status"]

    print_table(
        columns, [("shop", "failed", LONG, *row[3:])], empty="", full=full, shrinks=["VERSION"]
    )

    lines = re.sub("\x1b[^m]*m", "", capsys.readouterr().out).splitlines()
    assert (LONG in "\n".join(lines)) is full
    assert (len(lines) == 2) is not full
    assert max(map(cell_len, lines)) <= 80


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("why", [WHY, WORDS])
@pytest.mark.parametrize("name", LISTS)
def test_every_key_is_whole_at_80_columns(
    capsys: pytest.CaptureFixture[str], name: str, why: str, *, full: bool
) -> None:
    columns, row = LISTS[name]

    lines = shown(capsys, (columns, (*row[:-1], why)), full=full)

    words = "\n".join(lines)
    assert [key for row in LISTS[name] for key in row[:-1] if key not in words] == []
    assert LISTS[name][0][-1] in words
    assert max(map(cell_len, lines)) <= 80
    assert ("…" in words) is not full
    squeezed = "".join(words.split())
    assert ("".join(why.split()) in squeezed) is full


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize("name", LISTS)
def test_a_reason_that_is_cut_says_more_than_the_host(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert "h1: registry.example" in "\n".join(shown(capsys, LISTS[name], full=False))


@pytest.mark.usefixtures("terminal")
def test_a_reason_with_enough_room_stands_beside_its_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    lines = shown(capsys, (("HOST", "WHY"), ("h1", "port taken " * 20)), full=False)

    assert len(lines) == 2
    assert lines[1].startswith("h1    port taken")
    assert 70 <= cell_len(lines[1]) <= 80


def test_a_terminal_narrower_than_the_keys_cuts_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "10")

    words = "\n".join(shown(capsys, LISTS["runs"], full=False))

    assert [key for key in RUN if key not in words] == []


@pytest.mark.parametrize("chosen", [{"full": True}, {"full": False, "whole_in_pipe": True}])
@pytest.mark.parametrize("name", LISTS)
def test_a_pipe_gets_whole_rows_on_one_line_each(
    capsys: pytest.CaptureFixture[str], name: str, chosen: dict[str, bool]
) -> None:
    lines = shown(capsys, LISTS[name], **chosen)

    assert len(lines) == 2
    assert lines[1].split() == [word for key in LISTS[name][1] for word in key.split()]


def test_a_short_reason_names_a_digest_by_12_digits() -> None:
    text = f"h1: {REFERENCE} cannot be had\nmore"

    assert short_reason(text) == (
        "h1: registry.example.com:5000/acme/shop@sha256:222222222222 cannot be had"
    )
    assert short_reason(None) is None


@pytest.mark.parametrize(
    ("text", "room", "cut"),
    [
        ("as it is", 8, "as it is"),
        ("one two three four", 16, "one two three …"),
        ("h1: registry.example.com", 12, "h1: registr…"),
        ("日本語日本語", 7, "日本語…"),
        ("a" * 200, 100, f"{'a' * 99}…"),
    ],
)
def test_a_text_is_cut_after_a_word_or_inside_of_a_long_one(text: str, room: int, cut: str) -> None:
    assert cut_to(text, room) == cut
