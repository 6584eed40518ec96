# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables. Desired state is the row of an app, not a queue of messages.

Times are seconds since the epoch, UTC, as floats: a duration between two of them never decides
anything that must survive a change of the clock except when something waiting is tried again.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

delivery = Table(
    "delivery",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("hook", String(64), nullable=False),
    Column("source", String(32), nullable=False),
    Column("remote", String(64), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    # Not null while the delivery waits for its verdict: the time of the next try.
    Column("due_at", Float),
    Column("attempts", Integer, nullable=False, default=0),
    Column("verdict", String(40)),
    Column("detail", Text),
    Column("decided_at", Float),
    # When it was on disk; known only to the process that stored it, so null after a restart.
    Column("stored_at", Float),
    # Of the releases that it brought, or found desired already; null before its verdict.
    Column("release_ids", JSON(none_as_null=True)),
    sqlite_autoincrement=True,
)
Index("delivery_hook", delivery.c.hook)
Index("delivery_due", delivery.c.due_at, sqlite_where=delivery.c.due_at.is_not(None))

# What hooks refused; of a body only the beginning.
rejected = Table(
    "rejected",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("hook", String(64)),
    Column("status", Integer, nullable=False),
    Column("code", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("remote", String(64), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body_length", Integer, nullable=False),
    Column("excerpt", LargeBinary, nullable=False),
    Column("received_at", Float, nullable=False),
    Column("more", Integer, nullable=False),
    sqlite_autoincrement=True,
)

release = Table(
    "release",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("app", String(64), nullable=False, index=True),
    Column("generation", Integer, nullable=False),
    Column("image", String(255), nullable=False),
    Column("tag", String(128)),
    Column("digest", String(80), nullable=False),
    Column("cause", String(16), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("delivery_id", String(36)),
    Column("created_at", Float, nullable=False),
    # desired, good, restored, failed, superseded
    Column("state", String(16), nullable=False),
    sqlite_autoincrement=True,
)
Index("release_delivery", release.c.delivery_id)
Index("release_digest", release.c.digest)

# What the labels of released images say; `due_at` is when a registry that did not say is asked
# again, null where it said.
image_labels = Table(
    "image_labels",
    metadata,
    Column("digest", String(80), primary_key=True),
    Column("version", String(64), nullable=False),
    Column("revision", String(64), nullable=False),
    Column("source", String(300), nullable=False),
    Column("created", String(40), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float),
)

app = Table(
    "app",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("release_id", String(36), ForeignKey("release.id")),
    Column("generation", Integer, nullable=False, default=0),
    Column("applied_generation", Integer, nullable=False, default=0),
    # Raised by every claim: a run whose epoch is not the row's has lost the app.
    Column("epoch", Integer, nullable=False, default=0),
    Column("owner", String(64)),
    Column("pending_hosts", JSON, nullable=False, default=list),
    # {host: {container, digest}}: what each host goes back to, while a restore run is due.
    Column("restore_targets", JSON, nullable=False, server_default="{}"),
    Column("reconcile_hosts", JSON, nullable=False, server_default="[]"),
    # When the hosts are looked at next; null where nobody has asked for it.
    Column("observe_at", Float),
    Column("due_at", Float, nullable=False, default=0.0),
    Column("attempts", Integer, nullable=False, default=0),
)

held = Table(
    "held",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("digest", String(80), primary_key=True),
    Column("reason", String(16), nullable=False),
    Column("run_id", String(36)),
    # The fingerprint of the app's options with which it failed; null: held whatever they are.
    Column("options", String(12)),
    Column("held_at", Float, nullable=False),
)

# When each tag of an image was first seen with each digest.
tag_sighting = Table(
    "tag_sighting",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("image", String(255), nullable=False),
    Column("tag", String(128), nullable=False),
    Column("digest", String(80), nullable=False),
    Column("seen_at", Float, nullable=False),
    Column("delivery_id", String(36), nullable=False),
    UniqueConstraint("image", "tag", "digest"),
    sqlite_autoincrement=True,
)

# What a sender called a delivery, and which delivery bore the name first.
sender_name = Table(
    "sender_name",
    metadata,
    Column("hook", String(64), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("delivery_id", String(36), nullable=False),
    Column("noted_at", Float, nullable=False, index=True),
)

run = Table(
    "run",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("id", String(36), nullable=False, unique=True),
    Column("app", String(64), nullable=False, index=True),
    Column("release_id", String(36), ForeignKey("release.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("hosts", JSON, nullable=False),
    # {host: {container, digest}}: kept containers that this run starts again.
    Column("restore_targets", JSON, nullable=False, server_default="{}"),
    # Who asked for its end, while it ran.
    Column("canceled_by", String(80)),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
    sqlite_autoincrement=True,
)

Index("run_app_kind", run.c.app, run.c.kind)
Index("run_app_generation", run.c.app, run.c.generation)
Index("run_release", run.c.release_id)

# One row, written to see whether anything can be.
probe = Table(
    "probe",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("written_at", Float, nullable=False),
)

outcome = Table(
    "outcome",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("outcome", String(16), nullable=False),
    Column("step", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("digest", String(80)),
    Column("container", String(128)),
    Column("health", String(32)),
    Column("log", JSON, nullable=False),
    Column("seconds", Float),
    Column("running", String(80)),
    Column("previous", JSON(none_as_null=True)),
    Column("daemon", String(64)),
)

# When each step of each host began and ended in a run: [[host, step, began, ended, good]]; its
# batches: [[hosts, began]]; and its parts: {part: [began, ended]}.
run_steps = Table(
    "run_steps",
    metadata,
    Column("run_id", String(36), ForeignKey("run.id"), primary_key=True),
    Column("steps", JSON, nullable=False),
    Column("batches", JSON, nullable=False),
    Column("parts", JSON, nullable=False),
)

# Which run is the last that did something on each host, and what a run saw running there last.
# Kept by the outcomes as they are stored, so that nobody has to look through old runs.
last_outcome = Table(
    "last_outcome",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("run_seq", Integer, nullable=False),
    Column("running", String(80)),
)

# What happened: rows are added in the transaction of the change, and never changed.
event = Table(
    "event",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=True),
    Column("kind", String(32), nullable=False),
    Column("actor", String(80), nullable=False),
    Column("at", Float, nullable=False),
    Column("app", String(64), index=True),
    Column("release_id", String(36)),
    Column("run_id", String(36)),
    Column("host", String(255)),
    Column("delivery_id", String(36)),
    Column("data", JSON, nullable=False),
    sqlite_autoincrement=True,
)

# What each host is known to run: from outcomes, and from looking at it.
host_state = Table(
    "host_state",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("host", String(255), primary_key=True),
    Column("reached", Boolean, nullable=False),
    Column("seen_at", Float),
    Column("reason", Text, nullable=False),
    Column("digest", String(80)),
    Column("container", String(128)),
    Column("container_id", String(128)),
    Column("daemon", String(64)),
    Column("health", String(32)),
    # What a run of ours left there: the container's name and id, the daemon's id.
    Column("deployed_container", String(128)),
    Column("deployed_container_id", String(128)),
    Column("deployed_daemon", String(64)),
    Column("rejected_digest", String(80)),
    # [{container, digest}]: stopped containers that can be started again.
    Column("kept", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Float, nullable=False),
    # The name of a second container of the app that runs there too.
    Column("extra_container", String(128)),
    # Names of options: those in which its container differs from what it should have.
    Column("other_options", JSON, nullable=False, server_default="[]"),
    # A run failed there and left nothing running.
    Column("failed", Boolean, nullable=False, server_default="0"),
)

# Which hosts each app has, as the inventory was read last; `fewer` is an answer not believed yet.
app_inventory = Table(
    "app_inventory",
    metadata,
    Column("app", String(64), primary_key=True),
    Column("hosts", JSON, nullable=False),
    Column("read_at", Float),
    # read, failed, empty, shrank
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("fewer", JSON(none_as_null=True)),
    Column("fewer_at", Float),
    Column("new", JSON, nullable=False),
)
