# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host says of the container that a release would replace, on a daemon in memory."""

from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils import _container_preflight
from ansible_collections.longshore.containers.plugins.module_utils import (
    _host_survey as host_survey,
)
from ansible_collections.longshore.containers.plugins.module_utils._docker_socket import DockerError

from tests.collection.fake_engine import FakeEngine
from tests.collection.switches import serving


def survey(monkeypatch: pytest.MonkeyPatch, *numbers: int, **fields: Any) -> Any:
    """Look at a host to which these releases were deployed; the last one has these fields."""
    engine = serving(*numbers) if numbers else FakeEngine()
    for one in [one for one in engine.known.values() if one.running]:
        engine.known[one.id] = one._replace(**fields)
    monkeypatch.setattr(host_survey, "Engine", lambda _docker: engine)
    return host_survey.HostSurvey(None)


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_container_that_runs_is_made_anew_only_where_it_is_not_whole(
    monkeypatch: pytest.MonkeyPatch, *, is_whole: bool
) -> None:
    host = survey(monkeypatch, 1)
    running = host.ours("shop-000000000001", app="shop")
    asked = {"app": "shop", "name": running.name, "strategy": "stop_first"}
    options = {"networks": [] if is_whole else [{"name": "front"}]}
    monkeypatch.setattr(host, "start_problems", lambda *_: ["there is no device /dev/gone"])

    found = _container_preflight.start_problems(host, {**asked, "options": options}, None)

    assert found == ([] if is_whole else ["there is no device /dev/gone"])


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def test_a_release_replaces_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    host = survey(monkeypatch, 1, 2, replaces=digest(1))

    assert host.replaced_by(digest(3), app="shop") == digest(2)


def test_other_options_replace_what_the_same_digest_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = survey(monkeypatch, 1, 2, replaces=digest(1))

    assert host.replaced_by(digest(2), app="shop") == digest(1)


def test_a_first_release_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    host = survey(monkeypatch)

    assert host.replaced_by(digest(1), app="shop") == ""
    assert host.volumes_left("shop", {}) == []


def test_data_without_a_name_is_told_where_nothing_is_mounted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = survey(monkeypatch, 1, anonymous_volumes=("/cache", "/data"))

    said = host.volumes_left("shop", {"volumes": ["cache:/cache"]})

    assert len(said) == 1
    assert "keeps /data in a volume without a name" in said[0]
    assert "(volumes: [NAME:/data])" in said[0]


class Networks:
    """A daemon with one network, which it knows by name and by ID."""

    def get(self, kind: str, name: str = "", *_what: str, **_more: Any) -> Any:
        if kind == "networks" and name in ("front", "0a1b2c", "0a"):
            return {"Name": "front", "Id": "0a1b2c"}
        if kind in ("networks", "volumes"):
            raise DockerError("no such thing", 404)
        return [] if kind == "images" else {}


def test_a_network_that_is_named_by_its_id_is_told_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(host_survey, "free_bytes", lambda _docker: None)
    asked = [{"name": name} for name in ("front", "0a", "gone")]

    found = host_survey.HostSurvey(Networks()).look("shop", "r.example/shop", {"networks": asked})

    assert (found.missing_networks, found.networks_by_id) == (("gone",), (("0a", "front"),))
