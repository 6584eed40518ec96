# SPDX-License-Identifier: GPL-3.0-or-later
"""One repository has one name, and one login, however it is spelled."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._image_name import (
    canonical_registry,
    registry_of_login,
)
from ansible_collections.longshore.containers.plugins.module_utils._registry_login import (
    find_login,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._image_name import image_in_full
from ansible_collections.longshore.containers.plugins.plugin_utils._registry_keys import login_for

LOGIN = {"username": "u", "password": "p"}
HUB = ["docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"]
ADDRESS = ["[2001:db8::1]:5000", "[2001:DB8:0:0::1]:5000", "https://[2001:db8:0::1]:5000/v2/"]
OWN = ["registry.example.com", "https://registry.example.com", "Registry.Example.com/v1/"]


@pytest.mark.parametrize(
    ("written", "full"),
    [
        ("nginx", "docker.io/library/nginx"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("index.docker.io/library/nginx", "docker.io/library/nginx"),
        ("acme/shop", "docker.io/acme/shop"),
        ("index.docker.io/acme/shop", "docker.io/acme/shop"),
        ("[2001:DB8:0:0::1]:5000/shop", "[2001:db8::1]:5000/shop"),
        ("[::1]/shop", "[::1]/shop"),
        ("nginx:1", "nginx:1"),
    ],
)
def test_the_names_of_one_image_become_one(written: str, full: str) -> None:
    assert image_in_full(written) == full
    assert image_in_full(full) == full


@pytest.mark.parametrize("text", ["[::g]", "[::ffff:1.2.3.4]", "[1::2::3]", "a:0", "A.example", ""])
def test_what_docker_does_not_take_for_a_registry_has_no_name(text: str) -> None:
    assert canonical_registry(text) is None


@pytest.mark.parametrize(
    ("keys", "image"),
    [
        (HUB, "nginx"),
        (HUB, "index.docker.io/acme/shop"),
        (ADDRESS, "[2001:0db8::1]:5000/shop"),
        (OWN, "registry.example.com/acme/shop"),
    ],
)
def test_a_login_is_found_by_every_name_of_its_registry(keys: list[str], image: str) -> None:
    assert len({registry_of_login(key) for key in keys}) == 1
    for key in keys:
        assert login_for({key: LOGIN, "other.example.com": {}}, image) == LOGIN


@pytest.mark.parametrize("key", [*HUB, "docker.io/"])
def test_a_stored_login_of_docker_hub_is_found_by_every_name(
    key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"auths": {key: {"auth": "dTpw"}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    module: Any = SimpleNamespace(params={"login": None}, run_command=None)

    assert find_login(module, "index.docker.io/acme/shop").headers
    assert find_login(module, "nginx") == find_login(module, "docker.io/library/nginx")
    assert find_login(module, "other.example.com/shop").headers == {}


@pytest.mark.parametrize(
    ("logins", "said"),
    [
        ({"docker.io": LOGIN, "index.docker.io": LOGIN}, "docker.io and index.docker.io are both"),
        ({"acme shop": LOGIN}, 'registries."acme shop": must be a registry'),
        ({5: LOGIN}, 'registries."5": must be a registry'),
        ([], "registries: must be a table"),
    ],
)
def test_keys_of_logins_that_cannot_be_used_are_named(logins: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        login_for(logins, "acme/shop")


@pytest.mark.parametrize("logins", [{}, {"ghcr.io": LOGIN}, {"docker.io": None}])
def test_an_image_without_a_login_has_none(logins: dict[str, Any]) -> None:
    assert login_for(logins, "acme/shop") == {}
    assert login_for(logins, "not a name") == {}
