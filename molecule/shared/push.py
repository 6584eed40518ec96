# SPDX-License-Identifier: GPL-3.0-or-later
"""Push the versions that the scenarios deploy: python push.py STATE-FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fleet import Fleet, images

VERSIONS = {
    "v1": images.healthy("1"),
    "v2": images.healthy("2"),
    "never-healthy": images.never_healthy("3"),
    "exits": images.exits_at_once("4"),
    "unseen": images.healthy("5"),
}


def main() -> None:
    """Push each version under its tag."""
    registry = Fleet.of_state("molecule", state=Path(sys.argv[1])).registry
    for tag, image in VERSIONS.items():
        registry.push("acme/shop", tag, image)


if __name__ == "__main__":
    main()
