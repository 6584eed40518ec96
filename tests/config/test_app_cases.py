# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge accepts and refuses the apps of the table, as the playbooks do.

The same table is in tests/collection/test_app_cases.py.
"""

from pathlib import Path

import pytest
import yaml

from tests.support.app_cases import CASES, Case
from webhook_bridge.config.apps import load_apps
from webhook_bridge.errors import ConfigurationError


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
