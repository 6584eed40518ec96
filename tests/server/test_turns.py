# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever reads fast, such as a long log, does not keep all others waiting for the loop."""

from __future__ import annotations

import socket
from types import SimpleNamespace

import pytest
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel

from webhook_bridge.server.channels import TimelyChannel

LOG = b"x" * 1_000_000


def test_one_that_takes_all_at_once_is_sent_its_log_in_several_turns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[int] = []

    def take_all(_channel: HTTPChannel, data: bytes, **_named: bool) -> int:
        sent.append(len(data))
        return len(data)

    monkeypatch.setattr(HTTPChannel, "send", take_all)
    ours, theirs = socket.socketpair()
    server = SimpleNamespace(active_channels={}, add_task=None)
    channel = TimelyChannel(server, ours, ("", 0), Adjustments(), map={})
    channel.outbufs[0].append(LOG)
    channel.total_outbufs_len = len(LOG)

    turns = []
    while channel.total_outbufs_len:
        sent.clear()
        assert channel._flush_some()
        turns.append(sum(sent))

    assert sum(turns) == len(LOG)
    assert max(turns) <= 300_000
    channel.handle_close()
    theirs.close()
