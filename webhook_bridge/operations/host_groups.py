# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of one app: those that are shown one by one, and the others, counted. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from webhook_bridge.domain.hosts import HostState
from webhook_bridge.domain.outcomes import Outcome
from webhook_bridge.domain.releases import Release
from webhook_bridge.domain.runs import Run
from webhook_bridge.operations.host_signs import RANK, HostSign, Sign, host_sign
from webhook_bridge.operations.versions import Versions
from webhook_bridge.store.fleet import Alike

MOST_CELLS = 8
"""So many hosts of an app are shown one by one; no fewer have to be known of those alike."""
# So few are shown each, however well they are.
_FEW = 6
# More that are alike, but for those that failed, are one line.
_MOST_ALIKE = 4

_Kind = tuple[Sign, str, str]


@dataclass(frozen=True)
class Group:
    """Hosts that are alike, counted instead of shown."""

    sign: Sign
    count: int
    version: str
    words: str


@dataclass(frozen=True)
class Hosts:
    """All hosts of an app by what they are, and the first of each kind: what needs somebody leads.

    A kind is a sign, a version and words.
    """

    counts: Counter[_Kind] = field(default_factory=Counter)
    first: Sequence[HostSign] = ()

    @property
    def signs(self) -> Counter[Sign]:
        """Return how many hosts have each sign."""
        found: Counter[Sign] = Counter()
        for (sign, _, _), count in self.counts.items():
            found[sign] += count
        return found


def hosts_alike(groups: Iterable[Alike], *, release: Release | None, versions: Versions) -> Hosts:
    """Return hosts of which the store has counted those alike, while no run goes on."""
    digest, counts, first = _digest(release), Counter[_Kind](), list[HostSign]()
    for group in groups:
        signs = [host_sign(state, digest=digest, versions=versions) for state in group.states]
        counts[_kind_of(signs[0])] += group.count
        first += signs
    return Hosts(counts, _in_order(first))


def hosts_in_run(
    states: Sequence[HostState],
    *,
    release: Release | None,
    versions: Versions,
    run: Run,
    outcomes: Mapping[str, Outcome],
) -> Hosts:
    """Return hosts while a run goes on, also those that only it has told of."""
    known = {state.host: state for state in states}
    for host in outcomes:
        known.setdefault(host, HostState(run.app, host))
    digest = _digest(release)
    signs = [
        host_sign(state, digest=digest, versions=versions, run=run, outcome=outcomes.get(host))
        for host, state in known.items()
    ]
    return Hosts(Counter(map(_kind_of, signs)), _in_order(signs))


def shown(hosts: Hosts, *, each: int = 0) -> tuple[Sequence[HostSign], Sequence[Group]]:
    """Return the hosts that are cells of their own, and the others counted by what they are.

    With `each`, the first so many are cells, however well they are.
    """
    if hosts.counts.total() <= _FEW:
        return hosts.first, ()
    notable = [one for one in hosts.first if _is_notable(one, hosts.counts[_kind_of(one)])]
    cells = hosts.first[:each] if each else notable[:MOST_CELLS]
    left = hosts.counts - Counter(map(_kind_of, cells))
    groups = [Group(sign, count, version, words) for (sign, version, words), count in left.items()]
    return cells, sorted(groups, key=lambda one: (RANK[one.sign], -one.count))


def _digest(release: Release | None) -> str | None:
    return None if release is None else release.digest


def _in_order(signs: Iterable[HostSign]) -> list[HostSign]:
    return sorted(signs, key=lambda one: (RANK[one.sign], one.host))


def _kind_of(host: HostSign) -> _Kind:
    return host.sign, host.version, host.words


def _is_notable(host: HostSign, alike: int) -> bool:
    if host.sign == "failed":
        return True
    return host.sign not in ("fine", "waiting") and alike <= _MOST_ALIKE
