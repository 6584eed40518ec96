# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers as the decisions of a switch see them."""

from ansible_collections.longshore.containers.plugins.module_utils._container import (
    NEVER,
    Container,
)

DIGEST = "sha256:" + "a" * 64
NOW = "2026-11-22T12:00:00Z"

STAGED = Container(
    id="staged",
    name="shop-000000000002",
    app="shop",
    digest=DIGEST,
    image="docker.io/acme/shop",
    image_id="sha256:1",
    wanted_policy="always",
    policy="no",
    running=False,
    restarting=False,
    paused=False,
    oom_killed=False,
    exit_code=0,
    error="",
    health="",
    started_at=NEVER,
    created_at=NOW,
    restart_count=0,
    stop_timeout=10,
    tty=False,
)
RUNNING = STAGED._replace(
    id="old", name="shop-000000000001", running=True, started_at="2026-11-22T10:00:00Z"
)
STOPPED = RUNNING._replace(running=False)
