# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to go wrong in each round: decided from a seed alone."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = ("push", "stage", "switch")
IMAGES = ("healthy", "healthy", "healthy", "exits at once", "never healthy")
_TWO_FAULTS_IN = 0.2
_RESTARTED_IN = 0.3
_SHORTEST_S, _LONGEST_S = 0.5, 4.0


@dataclass(frozen=True)
class Blow:
    """One fault: at which step of the rollout it begins, on which host, and its seconds.

    Faults of the registry and of the bridge have no host; theirs is not looked at.
    """

    fault: str
    step: str
    host: int
    lasts: float

    def __str__(self) -> str:
        return f"{self.fault} (h{self.host + 1}) at {self.step} for {self.lasts:.1f} s"


@dataclass(frozen=True)
class Round:
    """One push, what kind of image it brings, and what goes wrong meanwhile."""

    seed: int
    number: int
    image: str
    blows: tuple[Blow, ...]
    restarted: int | None = None
    """The host whose Docker is restarted after all is over."""

    def __str__(self) -> str:
        blows = ", and ".join(str(blow) for blow in self.blows)
        restarted = (
            "" if self.restarted is None else f", then Docker restarts (h{self.restarted + 1})"
        )
        return f"seed {self.seed} round {self.number}: image {self.image}, {blows}{restarted}"


def plan(
    seed: int,
    number: int,
    *,
    faults: Sequence[str],
    one_of: Sequence[frozenset[str]] = (),
    hosts: int,
) -> Round:
    """Return a round by its number, whatever came before it; it has at most one of each group."""
    dice = random.Random(f"{seed}/{number}")  # noqa: S311 -- a repeatable choice, not a secret
    count = 2 if dice.random() < _TWO_FAULTS_IN else 1
    names = dice.sample(sorted(faults), count)
    while any(len(group.intersection(names)) > 1 for group in one_of):
        names = dice.sample(sorted(faults), count)
    places = dice.sample(range(hosts), count)
    blows = tuple(
        Blow(name, dice.choice(STEPS), place, dice.uniform(_SHORTEST_S, _LONGEST_S))
        for name, place in zip(names, places, strict=True)
    )
    image = dice.choice(IMAGES)
    restarted = dice.randrange(hosts) if dice.random() < _RESTARTED_IN else None
    return Round(seed, number, image, blows, restarted)
