# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines with the seconds since the demo, or the push, began."""

import time


class Progress:
    """A clock that prints what happens."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Count from now on."""
        self._began = time.monotonic()

    def say(self, what: str) -> None:
        """Print a line with the time passed."""
        print(f"{time.monotonic() - self._began:6.1f} s  {what}", flush=True)
