# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of a delivery: a reason code a person can act on, and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

# The order is the rank: a delivery that claims several things gets the first that applies.
VERDICTS: Mapping[str, str] = {
    "released": "a new digest became the desired one of an app; a run brings it to the hosts",
    "unsigned": "the image bears no signature of the app's key; no host pulls it",
    "cooling": "the digest is younger than the app's min_age; another delivery waits for it",
    "older": "the tag comes before the desired one; only a deploy goes back",
    "unchanged": "the tag still means the digest that is desired already",
    "duplicate": "the sender repeats a delivery, and what it claims is desired already",
    "held": "a run failed with it, or it was rolled back, replaced or held; a deploy brings it",
    "tag_gone": "the registry does not know the tag (any more)",
    "registry_denied": "the registry refused our credentials, or needs some",
    "registry_unreachable": "the registry did not answer until our patience ended",
    "registry_failed": "the registry gave an answer that we cannot use",
    "tag_not_tracked": "an app uses the repository but does not take the tag",
    "no_app": "no app uses the repository",
    "hosts_changed": "hosts came or went, says the sender: the inventory is read at once",
    "untagged": "a push by digest, without a tag",
    "not_an_image": "a layer, a chart, a signature, an attestation or another thing, no image",
    "not_a_push": "a pull, deletion, mount or test, not a push",
    "invalid_reference": "the repository or tag is none by the rules of registries, "
    "or the event names two that contradict each other",
    "unexpected_shape": "the JSON is not what this kind of sender sends: is it the right hook?",
    "not_configured": "it is of a project or registry that the hook's table does not name",
    "empty": "nothing in it claims a push",
    "malformed": "the body cannot be read",
    "hook_removed": "the hook it came to is no longer configured",
}
_RANK = {code: rank for rank, code in enumerate(VERDICTS)}

_MOST_DETAILS = 5
_LONGEST_DETAIL = 400


@dataclass(frozen=True)
class Verdict:
    """The end of a delivery's way, or of one claim's."""

    code: str
    detail: str


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """Return the one verdict of a delivery: the weightiest, with the details of all of that kind.

    A body that claims nothing at all is `empty`.
    """
    if not verdicts:
        return Verdict("empty", "the body holds no event")
    code = min((one.code for one in verdicts), key=rank)
    return Verdict(code, _sentence(_unique(one.detail for one in verdicts if one.code == code)))


def _sentence(details: Sequence[str]) -> str:
    """Join what can be read; one body may claim thousands of things."""
    shown = [detail[:_LONGEST_DETAIL] for detail in details[:_MOST_DETAILS]]
    more = len(details) - len(shown)
    return "; ".join([*shown, f"and {more} more"] if more else shown)


def rank(code: str) -> int:
    """Return how weighty a code is; the smaller, the weightier."""
    return _RANK.get(code, len(_RANK))


def short(digest: str) -> str:
    """Return the first 12 characters of a digest, as Docker shows them."""
    return digest.removeprefix("sha256:")[:12]


def _unique(details: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(details))
