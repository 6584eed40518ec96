# SPDX-License-Identifier: GPL-3.0-or-later
"""Show the main job: `python -m demo`, with `--once` to clean up and exit instead of serving on."""

import argparse
import signal
import sys
from types import FrameType

from demo.demonstration import Demonstration
from demo.progress import Progress
from fleet import images
from fleet.errors import FleetError


def main() -> int:
    """Push version 1, then version 2; return 0 when every host serves version 2."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="clean up and exit at the end")
    once = parser.parse_args().once
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    progress = Progress()
    try:
        demonstration = Demonstration(progress)
    except FleetError as error:
        progress.say(f"failed: {error}")
        return 1
    try:
        demonstration.build()
        if not once:
            demonstration.invite()
        for version in ("1", "2"):
            demonstration.push(version, images.healthy(version))
        demonstration.show(version="2")
        if not once:
            demonstration.serve_until_interrupted()
    except KeyboardInterrupt:
        progress.say("interrupted")
        return 128 + signal.SIGINT
    except FleetError as error:
        progress.say(f"failed: {error}")
        return 1
    finally:
        demonstration.clear()
    return 0


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
