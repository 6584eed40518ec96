# SPDX-License-Identifier: GPL-3.0-or-later
"""What a delivery is about and how far that has come: two look-ups by index, asked for often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

from webhook_bridge.domain.consequences import ROLLOUTS
from webhook_bridge.domain.rollout_end import DecisiveRun, Rollout
from webhook_bridge.store.release_rows import RELEASES, release_of
from webhook_bridge.store.tables import app, delivery, release, run

_RUN = ("id", "release_id", "kind", "state", "started_at", "ended_at")
_OF_RELEASE = ("cause", "digest")


@dataclass(frozen=True)
class Head:
    """A delivery without what was sent in it; times are in seconds since 1970."""

    id: str
    hook: str
    received_at: float
    verdict: str | None
    detail: str | None
    decided_at: float | None
    due_at: float | None
    release_ids: list[str] | None
    """None before its verdict, and for one of a version that did not note them."""


_HEADS = select(*(delivery.c[name] for name in Head.__annotations__))


def head(connection: Connection, identifier: str) -> Head | None:
    """Return a delivery by its whole id; None where there is none."""
    row = connection.execute(_HEADS.where(delivery.c.id == identifier)).mappings().first()
    return None if row is None else Head(**row)


def of_delivery(connection: Connection, one: Head) -> list[Rollout]:
    """Return the releases that a delivery is about, each with the run that decides on it."""
    if one.release_ids == []:
        return []
    is_of_it = (
        release.c.delivery_id == one.id
        if one.release_ids is None
        else release.c.id.in_(one.release_ids)
    )
    rows = connection.execute(_ROLLOUTS.where(is_of_it).order_by(release.c.seq)).mappings()
    return [_rollout(row) for row in rows]


def _rollouts() -> Select[Any]:
    """Return the query for releases and their decisive runs.

    The first one of the release, or of one that came after it; one that was interrupted is run
    again, so it decides only as long as it is the last.
    """
    decisive = (
        select(run.c.seq)
        .where(
            run.c.app == release.c.app,
            run.c.generation >= release.c.generation,
            run.c.kind.in_(ROLLOUTS),
        )
        .order_by(run.c.state == "interrupted", run.c.generation, run.c.seq)
        .limit(1)
        .correlate(release)
        .scalar_subquery()
    )
    deciding = release.alias("deciding")
    return (
        RELEASES.outerjoin(app, app.c.name == release.c.app)
        .outerjoin(run, run.c.seq == decisive)
        .outerjoin(deciding, deciding.c.id == run.c.release_id)
        .add_columns(app.c.name.label("app_row"))
        .add_columns(*(run.c[name].label(f"run_{name}") for name in _RUN))
        .add_columns(*(deciding.c[name].label(f"run_{name}") for name in _OF_RELEASE))
    )


# Built once: building a statement costs more than running it.
_ROLLOUTS = _rollouts()


def _rollout(row: RowMapping) -> Rollout:
    values = dict(row)
    has_app = values.pop("app_row") is not None
    told = {name: values.pop(f"run_{name}") for name in _RUN + _OF_RELEASE}
    decisive = None if told["id"] is None else DecisiveRun(**told)
    return Rollout(release_of(values), decisive, has_app)
