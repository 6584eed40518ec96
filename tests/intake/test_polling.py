# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installation import Installation
from tests.support.real_registry import PASSWORD, USER, real_registry
from tests.support.tag_registry import TagRegistry, tag_registry
from tests.support.waiting import wait_for
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.deliveries import Delivery, NewDelivery
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import Store, deliveries, holds, releases

V1, V2, V3, FIRST = (f"sha256:{digit * 64}" for digit in "123f")


@pytest.fixture
def registry() -> Iterator[TagRegistry]:
    with tag_registry(latest=V1) as running:
        yield running


@contextmanager
def bridge_of(installation: Installation) -> Iterator[Bridge]:
    """A whole bridge that polls often; its runs fail, for want of an inventory it can reach."""
    running = Bridge(installation.settings())
    deployed_once(running.store)
    running.start()
    try:
        yield running
    finally:
        running.dispatcher.end_runs()
        running.stop()


def installation_at(folder: Path, registry: str, *, poll: str = 'every = "1s"') -> Installation:
    folder.mkdir()
    made = Installation(folder, registry=registry)
    made.file.write_text(f"{made.file.read_text()}\n[poll]\n{poll}\n")
    made.write_inventory()
    return made


def deployed_once(store: Store) -> None:
    """Have somebody deploy the app: before that, no poll brings it anywhere."""
    with store.write() as connection:
        if releases.desired(connection, "shop") is None:
            new = NewRelease("shop", "r/acme/shop", None, FIRST, "deploy", "me")
            releases.desire(connection, new, now=1.0)


def digests(store: Store) -> list[str]:
    """Return the digests of all releases after the first one."""
    with store.read() as connection:
        found = [one.digest for one in releases.latest(connection, "shop", limit=99)][::-1]
    return [digest for digest in found if digest != FIRST]


def told(store: Store) -> list[Delivery]:
    with store.read() as connection:
        return deliveries.latest(connection, limit=99)[::-1]


def asked_again(registry: TagRegistry, times: int = 3) -> Callable[[], bool]:
    before = registry.asked
    return lambda: registry.asked >= before + times


def test_a_push_that_nobody_told_of_is_found_and_goes_the_way_of_a_delivery(
    tmp_path: Path, registry: TagRegistry
) -> None:
    installation = installation_at(tmp_path / "longshore", registry.host)

    with bridge_of(installation) as bridge:
        wait_for(lambda: digests(bridge.store) == [V1], "the first digest")
        registry.digests["latest"] = V2
        wait_for(lambda: digests(bridge.store) == [V1, V2], "the second digest")

        found = told(bridge.store)
        assert [(one.source, one.verdict) for one in found] == [("poll", "released")] * 2
        with bridge.store.read() as connection:
            assert releases.latest(connection, "shop", limit=1)[0].actor == "poll"


def test_an_app_that_nobody_deployed_yet_is_brought_nowhere_by_a_poll(
    tmp_path: Path, registry: TagRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    opened = Bridge(installation_at(tmp_path / "longshore", registry.host).settings())
    opened.start()
    try:
        wait_for(asked_again(registry), "some polls")

        assert (digests(opened.store), told(opened.store)) == ([], [])
        said = [line for line in caplog.messages if "longshore deploy shop" in line]
        assert len(said) == 1
    finally:
        opened.stop()


def test_what_failed_is_brought_again_only_where_the_options_were_corrected(
    tmp_path: Path, registry: TagRegistry
) -> None:
    installation = installation_at(tmp_path / "longshore", registry.host)
    options = load_apps(installation.apps_file)["shop"].options_fingerprint
    opened = Bridge(installation.settings())
    deployed_once(opened.store)
    with opened.store.write() as connection:
        holds.hold(
            connection,
            "shop",
            V1,
            reason="not finished",
            run_id=None,
            options=options,
            now=1.0,
        )
    opened.start()
    try:
        wait_for(asked_again(registry), "some polls")
        assert told(opened.store) == []

        installation.write_app("shop", container={"env": {"NEEDED": "yes"}})

        wait_for(lambda: digests(opened.store) == [V1], "the corrected options")
    finally:
        opened.dispatcher.end_runs()
        opened.stop()


def test_what_is_desired_already_is_no_delivery(tmp_path: Path, registry: TagRegistry) -> None:
    installation = installation_at(tmp_path / "longshore", registry.host)

    with bridge_of(installation) as bridge:
        wait_for(lambda: digests(bridge.store) == [V1], "the first digest")
        wait_for(asked_again(registry), "some polls")

        assert len(told(bridge.store)) == 1


def test_a_held_digest_is_never_brought(tmp_path: Path, registry: TagRegistry) -> None:
    installation = installation_at(tmp_path / "longshore", registry.host)
    opened = Bridge(installation.settings())
    deployed_once(opened.store)
    with opened.store.write() as connection:
        holds.hold(connection, "shop", V1, reason="put back", run_id=None, now=1.0)
    opened.start()
    try:
        wait_for(asked_again(registry), "some polls")

        assert (digests(opened.store), told(opened.store)) == ([], [])
    finally:
        opened.stop()


def test_the_newest_version_is_found_and_an_older_one_never_brought(
    tmp_path: Path, registry: TagRegistry
) -> None:
    registry.digests = {"1.4.0": V1, "1.5.0": V2, "2.0.0": V3}
    installation = installation_at(tmp_path / "longshore", registry.host)
    installation.write_app("shop", track={"semver": "1"})

    with bridge_of(installation) as bridge:
        wait_for(lambda: digests(bridge.store) == [V2], "the newest in the range")
        del registry.digests["1.5.0"]
        wait_for(asked_again(registry, 6), "some polls")

        assert digests(bridge.store) == [V2]


def test_by_push_only_a_tag_that_appears_later_is_found(
    tmp_path: Path, registry: TagRegistry
) -> None:
    registry.digests = {"a": V1, "z": V2}
    installation = installation_at(tmp_path / "longshore", registry.host)
    installation.write_app("shop", track={"pattern": "[a-z]+", "order": "pushed"})

    with bridge_of(installation) as bridge:
        wait_for(asked_again(registry, 2), "a look at what is there")
        assert digests(bridge.store) == []
        registry.digests["m"] = V3

        wait_for(lambda: digests(bridge.store) == [V3], "the new tag")


def test_a_registry_that_is_down_is_told_of_once_and_looked_at_again(
    tmp_path: Path, registry: TagRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.broken = 503
    installation = installation_at(tmp_path / "longshore", registry.host)

    with bridge_of(installation) as bridge:
        wait_for(asked_again(registry), "some polls")
        [message] = [one for one in caplog.messages if one.startswith("poll: ")]
        assert "out of order (HTTP 503)" in message
        assert told(bridge.store) == []

        registry.broken = None
        wait_for(lambda: digests(bridge.store) == [V1], "it is found after all")


def test_an_app_that_is_gone_before_its_poll_is_read_is_no_app(
    tmp_path: Path, registry: TagRegistry
) -> None:
    installation = installation_at(tmp_path / "longshore", registry.host, poll='every = "off"')
    new = NewDelivery("poll", "poll", "", {}, b'{"app": "old", "tag": "1"}', 1.0)

    with bridge_of(installation) as bridge:
        identifier = bridge.accept(new)

        def verdict() -> str | None:
            with bridge.store.read() as connection:
                return deliveries.find(connection, identifier)[0].verdict

        wait_for(lambda: verdict() == "no_app", "its verdict")
        assert registry.asked == 0


def test_a_push_missed_while_the_bridge_was_down_is_found_at_a_real_registry(
    tmp_path: Path,
) -> None:
    (tmp_path / "registry").mkdir()
    with real_registry(tmp_path / "registry") as registry:
        installation = installation_at(tmp_path / "longshore", registry.host)
        password = installation.folder / "password"
        password.touch(mode=0o600)
        password.write_text(PASSWORD)
        access = f'plain_http = true\nusername = "{USER}"\npassword_file = "password"'
        text = installation.file.read_text().replace("plain_http = true", access)
        installation.file.write_text(text)
        first = registry.push_image("acme/shop", "latest", platform="linux/amd64")["digest"]
        with bridge_of(installation) as bridge:
            wait_for(lambda: digests(bridge.store) == [first], "the first image")
        missed = registry.push_image("acme/shop", "latest", platform="linux/arm64")["digest"]

        with bridge_of(installation) as bridge:
            wait_for(lambda: digests(bridge.store) == [first, missed], "the image pushed meanwhile")
