# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts of others are those that vendor.toml names, and nothing else."""

import hashlib
import tomllib

from .conftest import CHECKOUT

FOLDER = CHECKOUT / "webhook_bridge/web/static/vendor"
ENTRIES = tomllib.loads((FOLDER / "vendor.toml").read_text())["file"]


def test_every_vendored_file_has_the_hash_that_is_written_down():
    written = {name: value for entry in ENTRIES for name, value in entry["sha256"].items()}
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in FOLDER.iterdir()
        if path.name != "vendor.toml"
    }

    assert found == written


def test_every_vendored_package_has_its_licence_beside_it():
    for entry in ENTRIES:
        assert any("LICENSE" in name for name in entry["sha256"])
        assert entry["licence"]
