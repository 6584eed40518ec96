# SPDX-License-Identifier: GPL-3.0-or-later
"""An installation of 20 apps on 300 hosts that has been at work for a year, on the disk."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from bench.ack_bridge import free_port
from webhook_bridge.config.settings import Settings, load_settings
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.roles import granted
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.domain.users import Session
from webhook_bridge.operations.sign_in_secrets import hash_of
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.store import deliveries, releases, runs, sessions, users
from webhook_bridge.store.database import open_store
from webhook_bridge.store.tables import app as app_table
from webhook_bridge.store.tables import host_state, image_labels, last_outcome, outcome
from webhook_bridge.store.tables import run as run_table

APPS, HOSTS, RUNS, DELIVERIES, LOG_LINES = 20, 300, 1000, 10_000, 100_000
# No host is there to be looked at, and no registry to be polled.
_SETTINGS = """\
[server]
listen = "127.0.0.1:{port}"
[reconcile]
every = "off"
[poll]
every = "off"
[api]
token_file = "token"
[hooks.hub]
source = "dockerhub"
secret_file = "hub"
[hooks.ci]
source = "generic"
secret_file = "ci"
[registries."{silent}"]
plain_http = true
"""


@dataclass(frozen=True)
class Installation:
    """Where it is, its secrets, and what there is to look at."""

    folder: Path
    port: int
    silent: str
    """The registry of its apps, which accepts a connection and never answers."""
    hub: str
    ci: str
    token: str
    session: str
    run: str
    """The one whose log has 100 000 lines."""


def installation(folder: Path, *, silent: str) -> Installation:
    """Make one in a folder, and fill its store."""
    port = free_port()
    hub, ci, token, session = (secrets.token_urlsafe(32) for _ in range(4))
    for name, text in (("hub", hub), ("ci", ci), ("token", token)):
        file = folder / name
        file.touch(mode=0o600)
        file.write_text(f"{text}\n")
    _write_inventory(folder, silent)
    file = folder / "longshore.toml"
    file.write_text(_SETTINGS.format(port=port, silent=silent))
    run = _fill(load_settings(file), session, image=f"{silent}/acme/shop")
    return Installation(folder, port, silent, hub, ci, token, session, run)


def _write_inventory(folder: Path, silent: str) -> None:
    apps = folder / "inventory" / "group_vars" / "all" / "apps.yml"
    apps.parent.mkdir(parents=True)
    entry = {"image": f"{silent}/acme/shop", "hosts": "web"}
    apps.write_text(json.dumps({"apps": {_app(number): entry for number in range(APPS)}}))
    hosts = {_host(number): {"ansible_connection": "local"} for number in range(HOSTS)}
    (folder / "inventory" / "hosts.yml").write_text(json.dumps({"web": {"hosts": hosts}}))


def _app(number: int) -> str:
    return f"app-{number:02}"


def _host(number: int) -> str:
    return f"web-{number:03}"


def _digest(number: int) -> str:
    return f"sha256:{number:064x}"


def _fill(settings: Settings, session: str, *, image: str) -> str:
    store = open_store(settings.state_dir)
    now = time.time()
    with store.write() as connection:
        _sign_in(connection, session, now)
        _add_deliveries(connection, now)
        for number in range(RUNS):
            last = _add_run(connection, number, image=image, now=now)
        _add_host_states(connection, now)
    store.close()
    log = RunFiles.of(settings.state_dir, last).log
    log.parent.mkdir(parents=True)
    line = "ok: [web-{:03}] => the container has been healthy for {} s, digest as asked\n"
    log.write_text("".join(line.format(n % HOSTS, n) for n in range(LOG_LINES)))
    return last


def _sign_in(connection: Connection, session: str, now: float) -> None:
    user = users.add(connection, "ann", granted("admin"), now=now)
    told = {"csrf": "bench", "method": "link", "address": "127.0.0.1", "agent": "bench"}
    times = {"created_at": now, "used_at": now, "expires_at": now + 86400}
    sessions.add(connection, Session(hash_of(session), "bench", user, **told, **times))


def _add_deliveries(connection: Connection, now: float) -> None:
    body = json.dumps({"push_data": {"tag": "main"}, "repository": {"repo_name": "acme/x"}})
    headers = {"Content-Type": "application/json", "User-Agent": "bench"}
    news = [
        NewDelivery("hub", "dockerhub", "192.0.2.7", headers, body.encode(), now - n * 60)
        for n in range(DELIVERIES, 0, -1)
    ]
    for identifier in deliveries.add_all(connection, news):
        detail = "tag main is not taken: app app-00 tracks latest"
        deliveries.decide(connection, identifier, code="tag_not_tracked", detail=detail, now=now)


def _add_run(connection: Connection, number: int, *, image: str, now: float) -> str:
    """Have an app a release that succeeded on all hosts but one of the newest; return its run."""
    app, digest, at = _app(number % APPS), _digest(number), now - (RUNS - number) * 600
    new = NewRelease(app, image, f"1.{number}", digest, "deploy", "user:ann")
    release = releases.desire(connection, new, now=at)
    run = runs.start(connection, NewRun(app, release.id, release.generation, 1, "deploy"), now=at)
    is_last = number >= RUNS - APPS
    told = [
        _outcome(run.id, host, digest, f"{app}-{number}", is_last=is_last) for host in range(HOSTS)
    ]
    connection.execute(insert(outcome), told)
    if is_last:
        seq = select(run_table.c.seq).where(run_table.c.id == run.id).scalar_subquery()
        last = [{"app": app, "host": one["host"], "running": digest} for one in told]
        connection.execute(insert(last_outcome).values(run_seq=seq), last)
    state = "partial" if is_last else "succeeded"
    runs.finish(connection, run.id, state=state, reason=f"{HOSTS} hosts", now=at + 90)
    releases.mark(connection, release.id, "good")
    labels = {"version": f"1.{number}.0", "revision": f"{number:040x}", "source": "", "created": ""}
    connection.execute(insert(image_labels).values(digest=digest, attempts=1, **labels))
    return run.id


def _outcome(
    run: str, host: int, digest: str, container: str, *, is_last: bool
) -> dict[str, object]:
    is_away = is_last and not host
    return {
        "run_id": run,
        "host": _host(host),
        "outcome": "unreachable" if is_away else "updated",
        "step": "switch",
        "reason": "No route to host" if is_away else "",
        "digest": digest,
        "container": container,
        "health": "healthy",
        "log": [],
        "seconds": 3.2,
        "running": digest,
    }


def _add_host_states(connection: Connection, now: float) -> None:
    """Every host runs what its app should, but the first, which cannot be reached."""
    desired = dict(
        connection.execute(select(app_table.c.name, app_table.c.generation)).tuples().all()
    )
    connection.execute(update(app_table).values(applied_generation=app_table.c.generation))
    states = [
        HostState(
            app,
            _host(host),
            reached=bool(host),
            seen_at=now - 60,
            reason="" if host else "No route to host",
            digest=_digest(RUNS - APPS + int(app[-2:])),
            container=app,
            health="healthy",
        )
        for app in desired
        for host in range(HOSTS)
    ]
    connection.execute(insert(host_state), [asdict(one) for one in states])
