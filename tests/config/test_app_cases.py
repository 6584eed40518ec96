# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge accepts and refuses the apps of the table, as the playbooks do.

The same table is in tests/collection/test_app_cases.py.
"""

from pathlib import Path

import pytest
import yaml
from ansible_collections.longshore.containers.plugins.plugin_utils._app_track import TAG
from ansible_collections.longshore.containers.plugins.plugin_utils._host_values import DIGEST
from ansible_collections.longshore.containers.plugins.plugin_utils._image_name import read_image
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.app_cases import CASES, Case
from webhook_bridge.config.apps import load_apps
from webhook_bridge.domain.references import (
    InvalidReference,
    is_digest,
    is_tag,
    parse_image_name,
)
from webhook_bridge.errors import ConfigurationError

NAMES = st.text("aB0.-_/:@[]é", max_size=16)


def problems(folder: Path, case: Case) -> list[str]:
    """Return what the bridge says of an apps file with this app."""
    file = folder / "apps.yml"
    file.write_text(yaml.safe_dump({"apps": {case.name: case.entry}}, allow_unicode=True))
    try:
        load_apps(file)
    except ConfigurationError as error:
        return [line.removeprefix(f"{file}: ") for line in error.problems]
    return []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_app_is_accepted_or_refused_in_these_words(case: Case, tmp_path: Path) -> None:
    assert problems(tmp_path, case) == [case.line][: bool(case.line)]


@given(NAMES)
@example("index.docker.io/nginx")
@example("localhost/a")
@example("a" * 248)
def test_an_image_is_read_as_those_that_registries_and_senders_name(text: str) -> None:
    try:
        known = parse_image_name(text)
    except InvalidReference:
        with pytest.raises(ValueError, match=r"^must "):
            read_image(text)
    else:
        assert read_image(text) == (known.registry, known.repository)


@given(NAMES)
@example("a" * 129)
@example("sha256:" + "0" * 64)
def test_tags_and_digests_have_one_grammar(text: str) -> None:
    assert is_tag(text) == bool(TAG.fullmatch(text))
    assert is_digest(text) == bool(DIGEST.fullmatch(text))
