# SPDX-License-Identifier: GPL-3.0-or-later
"""Prepare the registry: python push.py STATE-FOLDER [public | private].

Without a second word the versions that the scenarios deploy are pushed.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from fleet import Fleet, images

VERSIONS = {
    "v1": images.healthy("1"),
    "v2": images.healthy("2"),
    "never-healthy": images.never_healthy("3"),
    "exits": images.exits_at_once("4"),
    "unseen": images.healthy("5"),
}


def main(state: str, access: str = "") -> None:
    """Push each version under its tag, or set who may pull."""
    registry = Fleet.of_state("molecule", state=Path(state)).registry
    if access == "private":
        registry.require_login()
    elif access == "public":
        registry.notify(None)
    else:
        for tag, image in VERSIONS.items():
            registry.push("acme/shop", tag, image)


if __name__ == "__main__":
    main(*sys.argv[1:])
