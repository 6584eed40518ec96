# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import io
import json
import re
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.support.app_rows import change_app
from tests.support.installation import Installation
from tests.support.tag_registry import TagRegistry, tag_registry
from webhook_bridge.cli import check as cli_check
from webhook_bridge.cli import main
from webhook_bridge.cli import reconcile as cli_reconcile
from webhook_bridge.config.settings import Settings
from webhook_bridge.config.settings_reloader import written_settings
from webhook_bridge.domain.deliveries import NewDelivery
from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome, RunState
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.domain.runs import NewRun
from webhook_bridge.executor.option_rendering import RenderedApps
from webhook_bridge.runs import leases
from webhook_bridge.state_folder import RunFiles, serving_lock
from webhook_bridge.store import Store, deliveries, host_states, releases, runs
from webhook_bridge.store.database import open_store

V1, V2 = (f"sha256:{digit * 64}" for digit in "12")


# A command leaves its connections to the end of its process, which is not the test's end.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@dataclass
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def longshore(*arguments: str, config: Path | None = None, cwd: Path | None = None) -> Done:
    """Run a command in this process: starting one for each would take most of the time."""
    chosen = [] if config is None else ["--config", str(config)]
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        mock.patch.object(sys, "argv", ["longshore", *chosen, *arguments]),
    ):
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(latest=V1) as running:
        yield running


@pytest.fixture
def served(tmp_path: Path, registry: TagRegistry) -> Installation:
    """An installation whose registry answers."""
    folder = tmp_path / "longshore"
    folder.mkdir()
    return Installation(folder, registry=registry.host)


@pytest.fixture
def filled(installation: Installation) -> str:
    """One delivery and one failed run; the run's id."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        identifier = deliveries.add(
            connection, NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        )
        deliveries.decide(connection, identifier, code="no_app", detail="no app uses it", now=2.0)
        new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
        release = releases.desire(connection, new, now=1.0)
        run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
        log = ("address in use", "\x1b[2Jgone")
        failed = Outcome("h1", "failed", "switch", "port taken", V1, log=log)
        runs.add_outcomes(connection, run.id, [failed])
        runs.finish(connection, run.id, state="failed", reason="h1: port taken", now=3.0)
        change_app(connection, "shop", applied_generation=1)
    store.close()
    files = RunFiles.of(installation.state, run.id)
    files.folder.mkdir(parents=True)
    files.log.write_text("TASK [Stage]\nok: [h1]\n")
    return run.id


def as_json(*arguments: str, config: Path, returncode: int = 0) -> Any:
    done = longshore(*arguments, "--json", config=config)
    assert done.returncode == returncode, done.stderr
    return json.loads(done.stdout)


def test_init_writes_what_check_finds_well(tmp_path: Path) -> None:
    done = longshore("init", str(tmp_path / "new"))

    assert done.returncode == 0
    checked = longshore("check", cwd=tmp_path / "new")
    assert checked.returncode == 0, checked.stderr
    assert "app shop: docker.io/acme/shop, tag latest, on web1.example.com" in checked.stdout


def test_init_makes_secrets_that_nobody_else_can_read(tmp_path: Path) -> None:
    longshore("init", cwd=tmp_path)

    secrets = sorted((tmp_path / "secrets").iterdir())
    assert [file.name for file in secrets] == ["api-token", "hub"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets} == {0o600}


def test_init_touches_nothing_that_exists(tmp_path: Path) -> None:
    longshore("init", cwd=tmp_path)
    (tmp_path / "longshore.toml").write_text("mine")
    (tmp_path / "inventory" / "hosts.yml").unlink()
    before = (tmp_path / "secrets" / "hub").read_text()

    done = longshore("init", cwd=tmp_path)

    assert (tmp_path / "longshore.toml").read_text() == "mine"
    assert (tmp_path / "secrets" / "hub").read_text() == before
    assert "kept    longshore.toml" in done.stdout
    assert "written inventory/hosts.yml" in done.stdout


def test_without_settings_every_command_says_how_to_begin(tmp_path: Path) -> None:
    done = longshore("status", cwd=tmp_path)

    assert done.returncode == 2
    assert done.stderr == "longshore: longshore.toml: does not exist; run: longshore init\n"


def test_check_names_an_app_that_would_run_nowhere(installation: Installation) -> None:
    installation.write_app("shop", hosts="nobody")

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    assert "apps.shop.hosts: 'nobody' matches no host" in done.stderr
    assert "Traceback" not in done.stderr


def test_check_names_each_field_that_does_not_fit_the_hosts_or_the_container(
    installation: Installation,
) -> None:
    installation.write_app(
        "shop",
        rollout={"failure_budget": 4, "serial": 1, "pause": "30m"},
        container={"publish_ports": [], "user": "app"},
    )

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    place = f"longshore: {installation.apps_file}: apps.shop."
    assert done.stderr.splitlines() == [
        place + "rollout.failure_budget: must be at most 3, which is how many hosts the app has, "
        "or a percentage",
        place
        + "rollout.pause: the pauses on 3 hosts take 3600 s, and a run is ended after 3600 s: "
        f"raise deploy.deadline in {installation.file}, or have fewer batches",
        place + "container.publish_ports: is not known to community.docker.docker_container; "
        "did you mean published_ports?",
    ]


@pytest.mark.parametrize(
    ("every", "how"),
    [("10m", "its pushes are found by polling"), ("off", "it is deployed by hand")],
)
def test_check_says_how_an_app_without_a_hook_is_kept_up_to_date(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, every: str, how: str
) -> None:
    # Asking Ansible takes seconds, and is not what is looked at here.
    monkeypatch.setattr("webhook_bridge.cli.check.hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))
    installation.write_app("shop", image="other.example/acme/shop")
    with installation.file.open("a") as settings:
        settings.write(f'\n[poll]\nevery = "{every}"\n')

    done = longshore("check", config=installation.file)

    assert f"app shop: no hook speaks for other.example; {how} only" in done.stdout


def test_check_names_all_mistakes_at_once_each_with_its_place(installation: Installation) -> None:
    entry = {"image": "acme/shop", "hosts": "all"}
    options = {"user": "{{ uid }}", "env": {"A": True}}
    shop = {**entry, "keep": 99, "container": options}
    apps = {"shop": shop, "other": {**entry, "hosts": "nobody", "container": {"nmae": 1}}}
    installation.apps_file.write_text(json.dumps({"apps": apps}))

    done = longshore("check", config=installation.file)

    file = installation.apps_file
    said = done.stderr
    assert done.returncode != 0
    assert f"{file}: apps.shop.keep: must be a whole number" in said
    assert "apps.shop.container.env.A: YAML reads its value as true or false" in said
    assert f"{file}: apps.shop.container.user: 'uid' is undefined" in said
    assert f"{file}: apps.other.hosts: 'nobody' matches no host" in said
    assert f"{file}: apps.other.container.nmae: is not known" in said
    assert said.count("apps.shop.keep") == said.count("env.A") == 1


@pytest.mark.parametrize(
    ("settings", "logins", "said"),
    [
        (True, {}, "has a login for docker.io, and the variable registries of its hosts has none"),
        (False, {"shop": ["h1"]}, "its hosts have a login for docker.io"),
    ],
)
def test_check_notes_the_missing_half_of_a_login(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    settings: bool,  # noqa: FBT001 -- a parameter of the test
    logins: dict[str, list[str]],
    said: str,
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: {})
    rendered = RenderedApps([], logins)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: rendered)
    installation.write_app("shop", image="acme/shop")
    if settings:
        with installation.file.open("a") as file:
            file.write('\n[registries."docker.io"]\ncredential_command = ["true"]\n')

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert said in done.stdout


def test_check_notes_a_range_that_takes_dates_too(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)
    monkeypatch.setattr("webhook_bridge.cli.check.render_apps", lambda *_: RenderedApps([]))
    installation.write_app("shop", track={"semver": ">=10"})

    done = longshore("check", config=installation.file)

    assert done.returncode == 0, done.stderr
    assert 'bound it: ">=10 <1000"' in done.stdout


def test_check_names_an_inventory_that_ansible_cannot_read(installation: Installation) -> None:
    (installation.folder / "inventory" / "hosts.yml").write_text("web: [")

    done = longshore("check", config=installation.file)

    assert done.returncode == 2
    assert "inventory" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("deliveries", "No delivery has come in yet."),
        ("runs", "Nothing has been run yet."),
        ("status", "never deployed"),
    ],
)
def test_an_empty_installation_says_so(installation: Installation, command: str, said: str) -> None:
    done = longshore(command, config=installation.file)

    assert done.returncode == (3 if command == "status" else 0)
    assert said in done.stdout


def test_deliveries_show_what_became_of_each(installation: Installation, filled: str) -> None:
    text = longshore("deliveries", config=installation.file).stdout

    assert "no_app" in text
    assert "no app uses it" in text
    [shown] = as_json("deliveries", config=installation.file)["deliveries"]
    assert shown["verdict"] == "no_app"


def test_one_delivery_is_shown_as_it_came(installation: Installation, filled: str) -> None:
    [listed] = as_json("deliveries", config=installation.file)["deliveries"]

    text = longshore("deliveries", listed["id"][:8], config=installation.file).stdout

    assert f"delivery {listed['id']} to hook" in text
    assert "no_app: no app uses it" in text
    assert "\x1b" not in text
    assert as_json("deliveries", listed["id"], config=installation.file)["body"]


def test_a_run_shows_its_hosts_and_the_last_words_of_what_failed(
    installation: Installation, filled: str
) -> None:
    text = longshore("runs", filled[:8], config=installation.file).stdout

    assert "deploy of shop: failed" in text
    assert "h1 | address in use" in text
    assert "\x1b" not in text
    assert as_json("runs", filled, config=installation.file)["outcomes"][0]["host"] == "h1"


def test_runs_and_status_tell_why(installation: Installation, filled: str) -> None:
    assert "h1: port taken" in longshore("runs", config=installation.file).stdout
    assert "h1: port taken" in longshore("status", config=installation.file).stdout
    [app] = as_json("status", config=installation.file, returncode=1)["apps"]
    assert (app["state"], app["release"]["digest"]) == ("failed", V1)


def test_status_shows_what_runs_and_not_only_what_was_asked_for(installation: Installation) -> None:
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        for digest, told in (
            (V1, ("updated", V1)),
            (V2, ("restored", V1)),
            (V2, ("skipped", None)),
        ):
            new = NewRelease("shop", "r/acme/shop", "latest", digest, "deploy", "me")
            release = releases.desire(connection, new, now=1.0)
            run = runs.start(connection, NewRun("shop", release.id, 1, 1, "deploy", ()), now=2.0)
            word, running = told
            runs.add_outcomes(
                connection, run.id, [Outcome("h1", word, "switch", "why", digest, running=running)]
            )
    store.close()

    text = longshore("status", "shop", config=installation.file).stdout

    assert f"h1    {V1[7:19]}  -       -      skipped" in text


def begin_run(installation: Installation, *told: Outcome) -> str:
    """Have a newer release of the app whose run goes on, and what hosts reported in it."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewRelease("shop", "r/acme/shop", "latest", V2, "deploy", "me")
        release = releases.desire(connection, new, now=4.0)
        run = runs.start(connection, NewRun("shop", release.id, 2, 2, "deploy"), now=5.0)
        runs.put_outcomes(connection, run.id, told)
    store.close()
    return run.id


def test_a_run_that_goes_on_is_shown_with_its_canary(installation: Installation) -> None:
    here = {host: HostState("shop", host, reached=True, digest=V1) for host in ("h1", "h2")}
    released(installation, "shop", **here)
    run = begin_run(installation, Outcome("h1", "updated", "switch", "", V2, running=V2))

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"run {run[:8]} goes on: so far h1 updated" in shown
    assert "1/2" in shown
    assert f"h1    {V2[7:19]}  -       -      updated" in shown
    assert f"h2    {V1[7:19]}  -       -      waiting" in shown
    listed = longshore("runs", run, config=installation.file).stdout
    assert "h1    updated" in listed


def test_a_run_in_which_nobody_reported_yet_shows_nothing_of_the_run_before(
    installation: Installation,
) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    run = begin_run(installation)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"run {run[:8]} goes on: no host has reported yet" in shown
    assert f"h1    {V1[7:19]}  -       -      waiting" in shown
    assert "why" not in shown


def test_logs_print_what_ansible_printed_and_follow_tells_how_it_ended(
    installation: Installation, filled: str
) -> None:
    assert longshore("logs", filled, config=installation.file).stdout.startswith("TASK [Stage]")
    assert longshore("logs", filled, "--follow", config=installation.file).returncode == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("status", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("deploy", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("rollback", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("runs", "none"), "no run has an id that starts with 'none'"),
        (("logs", "none"), "no run has an id that starts with 'none'"),
        (("cancel", "none"), "no run has an id that starts with 'none'"),
        (("rollback", "shop"), "shop: was never deployed by this bridge"),
        (("rollback", "shop", "--to", "1"), "shop: was never deployed by this bridge"),
        (("reconcile", "shop"), "shop: was never deployed by this bridge"),
        (("reconcile", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("releases", "none"), "no app 'none' is declared in the apps file; declared: shop"),
        (("unhold", "shop", V1), "shop: 111111111111 is not held; held: none"),
        (("deploy", "shop", "--tag", "--x"), "tag must be a tag such as 1.4.2, not '--x'"),
        (("deploy", "shop", "--digest", "sha256:1"), "digest must be sha256: and 64 hex digits"),
        (("deploy", "shop"), "accepts no connection"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    installation: Installation, arguments: tuple[str, ...], said: str
) -> None:
    done = longshore(*arguments, config=installation.file)

    assert done.returncode == 4
    assert said in done.stderr
    assert done.stderr.startswith("longshore: ")


def test_releases_are_listed_with_who_brought_them(installation: Installation, filled: str) -> None:
    done = longshore("releases", "shop", config=installation.file)

    assert done.returncode == 0
    assert "deploy: me" in done.stdout
    assert "111111111111" in done.stdout


def test_status_tells_how_a_host_differs_and_why(installation: Installation, filled: str) -> None:
    store = open_store(installation.settings().state_dir)
    away = HostState("shop", "h2", reached=False, digest=f"sha256:{'2' * 64}")
    with store.write() as connection:
        host_states.save(connection, [away])
    store.close()

    shown = longshore("status", "shop", config=installation.file)

    assert "h2 could not be reached at the time" in shown.stdout
    [app] = as_json("status", config=installation.file, returncode=1)["apps"]
    assert app["observed"][0]["drift"]["reason"] == "unreachable"


def released(installation: Installation, *apps: str, **states: HostState) -> None:
    """Have a good release of these apps, which knows these hosts."""
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        for app in apps:
            new = NewRelease(app, "r/acme/shop", "latest", V1, "deploy", "me")
            release = releases.desire(connection, new, now=1.0)
            releases.mark(connection, release.id, "good")
            run = runs.start(connection, NewRun(app, release.id, 1, 1, "deploy", ()), now=2.0)
            told = [Outcome(h, "updated", "switch", "why", V1, running=V1) for h in ("h1", "h2")]
            runs.add_outcomes(connection, run.id, told)
            runs.finish(connection, run.id, state="succeeded", reason="2 of 2", now=3.0)
            change_app(connection, app, applied_generation=1)
        host_states.save(connection, list(states.values()))
    store.close()


def test_status_counts_no_host_that_the_inventory_lost(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))

    shown = longshore("status", "shop", config=installation.file).stdout

    assert "1/1" in shown
    assert "h2" not in shown


def test_status_says_since_when_a_host_is_away(installation: Installation) -> None:
    away = HostState("shop", "h1", reached=False, seen_at=86400.0, digest=V1)
    released(installation, "shop", h1=away)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert "not reached since 1970-01-02 00:00:00 UTC" in shown


def test_status_shows_how_a_container_is_that_does_not_serve(installation: Installation) -> None:
    paused = HostState("shop", "h1", reached=True, digest=V1, health="paused")
    released(installation, "shop", h1=paused)

    shown = longshore("status", "shop", config=installation.file).stdout

    assert f"h1    {V1[7:19]}  paused  unhealthy" in shown


def reconcile(
    installation: Installation, *arguments: str, state: RunState, reason: str = "why"
) -> Done:
    """Reconcile, where the look at the hosts ends so: the real one takes seconds."""

    def look(_settings: Settings, store: Store, app: str) -> None:
        with store.write() as connection:
            release = releases.desired(connection, app)
            assert release is not None
            run = runs.start(connection, NewRun(app, release.id, 1, 1, "observe"), now=4.0)
            runs.finish(connection, run.id, state=state, reason=reason, now=5.0)

    with mock.patch.object(cli_reconcile, "observe_and_reconcile", look):
        return longshore("reconcile", *arguments, config=installation.file)


@pytest.mark.parametrize(
    ("state", "reached", "code"),
    [("succeeded", True, 0), ("partial", False, 3), ("succeeded", False, 3), ("failed", True, 1)],
)
def test_a_reconcile_ends_well_only_where_all_hosts_were_looked_at(
    installation: Installation, state: RunState, *, reached: bool, code: int
) -> None:
    host = HostState("shop", "h1", reached=reached, seen_at=1.0, digest=V1)
    released(installation, "shop", h1=host)

    done = reconcile(installation, state=state, reason="could not look at h1")

    assert done.returncode == code
    assert ("could not look at h1" in done.stdout) is (state != "succeeded")


def test_a_reconcile_of_all_apps_names_those_that_it_leaves_alone(
    installation: Installation,
) -> None:
    installation.write_app("shop", "blog")
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    released(installation, "blog")
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "blog", applied_generation=0)
    store.close()

    done = reconcile(installation, state="succeeded")

    assert done.returncode == 3
    assert done.stderr.startswith("blog: a run is about to start; wait for it")
    assert done.stdout.startswith("shop:")
    assert reconcile(installation, "blog", state="succeeded").returncode == 4


def test_a_run_that_has_ended_cannot_be_canceled(installation: Installation, filled: str) -> None:
    done = longshore("cancel", filled, config=installation.file)

    assert done.returncode == 4
    assert "has ended already: failed" in done.stderr


def test_a_cancel_ends_a_run_whose_process_is_gone(installation: Installation) -> None:
    store = open_store(installation.settings().state_dir)
    new = NewRelease("shop", "r/acme/shop", "latest", V1, "deploy", "me")
    with store.write() as connection:
        releases.desire(connection, new, now=1.0)
        work = leases.acquire(connection, "shop", worker="nobody", now=2.0)
        assert work is not None
    store.close()

    done = longshore("cancel", work.run.id, config=installation.file)

    assert done.returncode == 0, done.stderr
    assert "canceled: no host was switched" in done.stdout


AWAY = HostState("shop", "h2", reached=False, seen_at=1.0, digest=V1)
OTHER = HostState("shop", "h1", reached=True, digest=V1, other_options=("env LOG_LEVEL",))


@pytest.mark.parametrize(
    ("states", "returncode"),
    [
        ({"h1": HostState("shop", "h1", reached=True, digest=V1)}, 0),
        ({"h1": HostState("shop", "h1", reached=True, digest=V2)}, 3),
        ({"h1": OTHER}, 3),
        ({"h2": AWAY}, 3),
    ],
)
def test_status_tells_scripts_whether_all_is_as_wanted(
    installation: Installation, states: dict[str, HostState], returncode: int
) -> None:
    released(installation, "shop", **states)

    assert longshore("status", config=installation.file).returncode == returncode
    assert longshore("status", "--json", config=installation.file).returncode == returncode


@pytest.mark.parametrize(
    ("state", "returncode"),
    [
        ("running", 3),
        ("partial", 3),
        ("canceled", 3),
        ("superseded", 3),
        ("failed", 1),
        ("restored", 1),
        ("interrupted", 1),
    ],
)
def test_status_tells_scripts_how_a_rollout_ended(
    installation: Installation, state: RunState, returncode: int
) -> None:
    here = HostState("shop", "h1", reached=True, digest=V1)
    released(installation, "shop", h1=here)
    run = begin_run(installation)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "shop", applied_generation=2)
        if state != "running":
            runs.finish(connection, run, state=state, reason="why", now=6.0)
    store.close()

    assert longshore("status", config=installation.file).returncode == returncode


def test_status_of_an_app_that_was_never_deployed_is_not_as_wanted(
    installation: Installation,
) -> None:
    assert longshore("status", config=installation.file).returncode == 3


def test_the_worst_app_decides_how_status_ends(installation: Installation) -> None:
    installation.write_app("shop", "other")
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))

    assert longshore("status", "shop", config=installation.file).returncode == 0
    assert longshore("status", config=installation.file).returncode == 3


def test_status_names_other_options_once_and_how_to_roll_them_out(
    installation: Installation,
) -> None:
    names = ("env LOG_LEVEL", "published_ports")
    states = {
        host: HostState("shop", host, reached=True, digest=V1, other_options=names[:number])
        for number, host in enumerate(("h0", "h1", "h2"))
    }
    released(installation, "shop", **states)

    shown = longshore("status", "--full", config=installation.file).stdout

    assert (
        "2 of 3 hosts run other options: env LOG_LEVEL, published_ports; to roll these out: "
        "longshore deploy shop --same; 2 of 2"
    ) in shown
    detail = longshore("status", "shop", config=installation.file).stdout
    assert f"h2    {V1[7:19]}  -       options" in detail
    assert "h1: runs with other options than it should have: env LOG_LEVEL" in detail


LONG = "the port 80 is held by another process of this host " * 9


def fail_on_all_hosts(installation: Installation) -> str:
    """Have a run that failed on three hosts for one long reason; return its id."""
    states = {host: HostState("shop", host, reached=True, digest=V2) for host in ("h1", "h2", "h3")}
    released(installation, "shop", **states)
    told = [Outcome(host, "failed", "switch", LONG.strip(), V2) for host in states]
    run = begin_run(installation, *told)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        change_app(connection, "shop", applied_generation=2)
        runs.finish(connection, run, state="failed", reason=f"h1: {LONG.strip()}", now=6.0)
    store.close()
    return run


@pytest.mark.parametrize("words", [("status",), ("runs",), ("deliveries",)])
@pytest.mark.parametrize("terminal", [True, False])
def test_each_row_of_a_list_is_one_short_line(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    *,
    terminal: bool,
) -> None:
    fail_on_all_hosts(installation)
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        new = NewDelivery("hub", "dockerhub", "::1", {}, b"{}", 1.0)
        deliveries.decide(
            connection, deliveries.add(connection, new), code="held", detail=LONG, now=2.0
        )
    store.close()
    if terminal:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("COLUMNS", "80")

    lines = longshore(*words, config=installation.file).stdout.splitlines()

    shown = [re.sub("\x1b[^m]*m", "", line).rstrip() for line in lines]
    assert len(shown) == {"status": 2, "runs": 3, "deliveries": 2}[words[0]]
    assert max(map(len, shown)) <= (80 if terminal else 180)
    assert "…" in "".join(shown)


def test_the_whole_reason_is_told_on_demand(installation: Installation) -> None:
    run = fail_on_all_hosts(installation)

    for words in (("runs", "--full"), ("runs", run), ("status", "--full"), ("status", "shop")):
        assert LONG.strip() in longshore(*words, config=installation.file).stdout, words


@pytest.mark.parametrize("words", [("runs", "RUN"), ("status", "shop")])
def test_a_reason_of_several_hosts_is_told_once(
    installation: Installation, words: tuple[str, ...]
) -> None:
    run = fail_on_all_hosts(installation)

    shown = longshore(*(run if word == "RUN" else word for word in words), config=installation.file)

    told = [line for line in shown.stdout.splitlines() if LONG.strip() in line]
    assert len(told) == 1, shown.stdout
    assert words[0] == "status" or "h2, h3: as above" in shown.stdout


def test_a_run_without_a_reason_leaves_no_empty_piece(installation: Installation) -> None:
    released(installation, "shop", h1=HostState("shop", "h1", reached=True, digest=V2))
    store = open_store(installation.settings().state_dir)
    with store.write() as connection:
        [run] = runs.latest(connection, app="shop", limit=1)
        connection.exec_driver_sql("UPDATE run SET reason = ''")
    store.close()

    shown = longshore("status", "shop", config=installation.file).stdout

    assert run.state == "succeeded"
    assert "  ;" not in shown
    assert ": ;" not in shown
    assert "h1 still runs another digest" in shown


@pytest.mark.parametrize(
    ("told", "returncode", "said"),
    [
        ({}, 0, "all well"),
        ({"restart": ["server.listen"]}, 3, "does not use server.listen yet: restart it"),
        ({"hooks.mine.source": "harbor"}, 3, "does not use hooks.mine.source yet: restart it"),
        (None, 3, "does not use all of it yet: restart it"),
    ],
)
def test_check_compares_with_the_bridge_that_serves(
    installation: Installation,
    monkeypatch: pytest.MonkeyPatch,
    told: dict[str, Any] | None,
    returncode: int,
    said: str,
) -> None:
    monkeypatch.setattr(cli_check, "_READ_WITHIN_S", 0.2)
    monkeypatch.setattr(cli_check, "hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr(cli_check, "known_options", lambda *_: None)
    monkeypatch.setattr(cli_check, "unknown_options", lambda *_: [])
    if told is not None:
        read = written_settings(installation.file) | told
        restart = read.pop("restart", [])
        file = installation.state / "served-settings.json"
        file.write_text(json.dumps({"read": read, "restart": restart}))

    with serving_lock(installation.state) as lock:
        assert lock.acquire()
        done = longshore("check", config=installation.file)

    assert done.returncode == returncode, done.stderr
    assert said in done.stdout + done.stderr
    assert ("all well" in done.stdout) is (returncode == 0)


def test_check_compares_with_nothing_where_no_bridge_serves(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli_check, "hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr(cli_check, "known_options", lambda *_: None)
    monkeypatch.setattr(cli_check, "unknown_options", lambda *_: [])
    (installation.state / "served-settings.json").write_text('{"read": {}, "restart": ["x"]}')

    assert longshore("check", config=installation.file).returncode == 0


def test_a_deploy_of_a_held_digest_wants_force(served: Installation) -> None:
    store = open_store(served.settings().state_dir)
    with store.write() as connection:
        releases.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)
    store.close()

    refused = longshore("deploy", "shop", "--no-wait", config=served.file)
    forced = longshore("deploy", "shop", "--no-wait", "--force", config=served.file)

    assert refused.returncode == 4
    assert "is held (put back)" in refused.stderr
    assert (forced.returncode, forced.stderr) == (0, "")


def test_a_deploy_takes_the_digits_that_the_tables_print(
    served: Installation, registry: TagRegistry
) -> None:
    registry.digests[V1] = V1
    released(served, "shop", h1=HostState("shop", "h1", reached=True, digest=V1))
    assert V1[7:19] in longshore("releases", "shop", config=served.file).stdout

    view = as_json("deploy", "shop", "--no-wait", "--digest", V1[7:19], config=served.file)

    assert view["digest"] == V1


def test_a_deploy_that_is_left_to_the_bridge_is_a_wish(served: Installation) -> None:
    view = as_json("deploy", "shop", "--no-wait", config=served.file)

    assert (view["digest"], view["cause"], view["generation"]) == (V1, "deploy", 1)
    [app] = as_json("status", config=served.file, returncode=3)["apps"]
    assert app["state"] == "waiting"


@pytest.mark.parametrize("arguments", [("nonsense",), ("deploy",), ("runs", "--limit", "0")])
def test_wrong_usage_is_exit_code_2(installation: Installation, arguments: tuple[str, ...]) -> None:
    assert longshore(*arguments, config=installation.file).returncode == 2
    done = longshore(*arguments, "--json", config=installation.file)
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"] == "usage"


@pytest.fixture
def orphaned(installation: Installation) -> Installation:
    """Return an installation whose app blog left the file; no host is asked."""
    store = open_store(installation.state)
    with store.write() as connection:
        new = NewRelease("blog", "r/acme/blog", "latest", V1, "deploy", "me")
        releases.desire(connection, new, now=1.0)
        state = HostState("blog", "h1", digest=V1, container="blog-1")
        host_states.save(connection, [state])
    store.close()
    return installation


def test_an_app_that_left_the_file_is_named_by_status(orphaned: Installation) -> None:
    done = longshore("status", config=orphaned.file)
    of_one = longshore("status", "blog", config=orphaned.file)
    told = json.loads(longshore("status", "--json", config=orphaned.file).stdout)

    sentence = "app blog has left the apps file and goes on running on h1 (blog-1)"
    assert sentence in done.stdout
    assert (of_one.returncode, sentence in of_one.stdout) == (3, True)
    assert told["orphans"] == [{"app": "blog", "containers": {"h1": "blog-1"}}]


def test_an_app_that_left_the_file_is_named_by_check_which_changes_nothing(
    orphaned: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webhook_bridge.cli.check.hosts_of_apps", lambda *_: {"shop": ["h1"]})
    monkeypatch.setattr("webhook_bridge.cli.check.unknown_options", lambda *_: [])
    monkeypatch.setattr("webhook_bridge.cli.check.known_options", lambda _: None)

    done = longshore("check", config=orphaned.file)

    assert "note: app blog has left the apps file" in done.stdout


def test_a_removal_asks_first(orphaned: Installation) -> None:
    done = longshore("remove", "blog", config=orphaned.file)

    assert done.returncode == 1
    assert "Remove all containers of blog (on h1)?" in done.stderr
    assert longshore("remove", "shop", "--yes", config=orphaned.file).returncode == 4
