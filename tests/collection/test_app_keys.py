# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys of an app that nobody reads: mistakes, also without the bridge."""

from ansible_collections.longshore.containers.plugins.plugin_utils._app_keys import (
    KNOWN,
    REQUIRED,
    unknown_keys,
)

from tests.collection.stand_ins import StandIns
from webhook_bridge.config.app import App
from webhook_bridge.config.health import Health, HttpProbe
from webhook_bridge.config.rollout import Rollout
from webhook_bridge.config.signature import Signature

TABLES = {
    "": App,
    "signature": Signature,
    "health": Health,
    "health.http": HttpProbe,
    "rollout": Rollout,
}


def test_the_playbooks_know_the_keys_that_the_bridge_knows() -> None:
    assert {name: set(keys) for name, keys in KNOWN.items()} == {
        name: set(table.model_fields) for name, table in TABLES.items()
    }


def test_the_playbooks_require_the_keys_that_the_bridge_requires() -> None:
    required = {name for name, field in App.model_fields.items() if field.is_required()}

    assert set(REQUIRED) == required


def test_tables_that_are_left_empty_have_no_unknown_keys() -> None:
    assert unknown_keys({"image": "i", "health": None, "rollout": 5}) == []


def test_a_deployment_refuses_unknown_keys_before_any_host_is_asked(stand_ins: StandIns) -> None:
    # A value that only the app's hosts can render is none of this check's business.
    options = {"env": {"WHERE": "{{ known_on_no_host }}"}}
    stand_ins.declare(swtich="start_first", rollout={"failure_buget": 1}, container=options)

    run = stand_ins.deploy()

    assert run.returncode != 0
    said = run.of("error")[0]["message"]
    assert "apps.shop.swtich: is not known here; allowed: container, " in said
    assert "apps.shop.rollout.failure_buget: is not known here; allowed: failure_budget, " in said
    assert stand_ins.asked("container_preflight") == []
