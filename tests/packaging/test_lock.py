# SPDX-License-Identifier: GPL-3.0-or-later
import importlib.metadata
import itertools
import re
import tomllib

import pytest
from packaging.requirements import Requirement

from .conftest import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
DIRECT = [
    Requirement(text)
    for text in [
        *PROJECT["project"]["dependencies"],
        *PROJECT["dependency-groups"]["dev"],
        *itertools.chain(*PROJECT["project"]["optional-dependencies"].values()),
    ]
]
LOCKS = ("requirements.lock", "scripts/tools.lock")


@pytest.mark.parametrize("requirement", DIRECT, ids=str)
def test_the_locked_version_is_one_that_the_project_asks_for(requirement):
    if requirement.marker is None or requirement.marker.evaluate():
        assert importlib.metadata.version(requirement.name) in requirement.specifier


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_is_pinned_by_hash(lock):
    entries = re.split(r"\n(?=[A-Za-z0-9])", (CHECKOUT / lock).read_text())

    unpinned = [e for e in entries if "==" in e and "--hash=sha256:" not in e]

    assert unpinned == []


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_a_download_host(lock):
    assert "://" not in (CHECKOUT / lock).read_text()
