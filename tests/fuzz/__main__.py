# SPDX-License-Identifier: GPL-3.0-or-later
"""Try every parser of what strangers send with random input: `make fuzz`, a minute by default.

Each round has another seed. What fails is made small by hypothesis, and printed so that it can be
put into a test; the exit code is then 1.
"""

from __future__ import annotations

import itertools
import random
import sys
import time
from collections.abc import Callable

from hypothesis import HealthCheck, seed, settings

from tests.fuzz.parsers import PARSERS

_EXAMPLES_A_ROUND = 100
_MANY = settings(
    max_examples=_EXAMPLES_A_ROUND,
    derandomize=False,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def main(seconds: float) -> int:
    """Fuzz for so long; return the exit code."""
    end = time.monotonic() + seconds
    # Hypothesis lets nobody give a check its settings twice; a seed it takes again and again.
    waiting = itertools.cycle([(name, _MANY(check)) for name, check in PARSERS.items()])
    rounds = 0
    while time.monotonic() < end:
        name, check = next(waiting)
        number = random.SystemRandom().getrandbits(64)
        print(f"{name}: seed {number}", flush=True)
        _round(check, number)
        rounds += 1
    print(f"{rounds} rounds of {_EXAMPLES_A_ROUND} inputs over {len(PARSERS)} parsers: all well")
    return 0


def _round(check: Callable[..., None], number: int) -> None:
    seed(number)(check)()


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0))
