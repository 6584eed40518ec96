# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A user's pattern for tags, and what in it orders them: `track.pattern` with `track.order`.

Whoever may push chooses the tags, so they are matched by RE2, whose time grows only with the length
of the tag (https://github.com/google/re2/wiki/WhyRE2). Where its binding (google-re2) is not
installed, as beside a playbook by hand, nobody matches tags: docs/adr/0018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_dates import (
    date_problem,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_digits import (
    join_digits,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_parts import (
    MIXED,
    NUMBER,
    WORD,
    Part,
    captures_of,
    is_deliberate,
    is_one_text,
    leaves_of,
    letters_vary,
    parse_parts,
    takes_hashes,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_slots import (
    Slots,
    mark_slots,
    mark_span,
)
from ansible_collections.longshore.containers.plugins.plugin_utils._pattern_suffixes import (
    begins_prerelease,
    has_fixed_letters,
    may_have_suffix,
    mixes_prereleases,
    optional_suffix,
)

try:
    import re2
except ImportError:
    re2 = None

ORDERS = ("semver", "number", "date", "pushed")
_LONGEST = 200
_UNCLEAR_PRERELEASES = (
    "takes pre-releases of several kinds, such as alpha and beta, which have no order as numbers; "
    "write order: semver, or a pattern that takes one kind"
)


@dataclass(frozen=True)
class TagPattern:
    """A pattern that is marked so that each group is a part that orders."""

    written: str
    marked: str
    slots: tuple[int, ...]
    """Which place each group fills; groups of alternatives share one."""
    first_outside: int
    """The first place of a part that the user put no parentheses around: these order last."""
    has_ties: bool
    """Two tags may differ in nothing that orders."""


def read_pattern(written: Any, order: str) -> TagPattern:
    """Return a pattern with the parts that order; needs google-re2.

    Raises ValueError where it is no pattern, or has no clear order, with what to write.
    """
    _check_text(written)
    _compile(written)
    parts = join_digits(written, parse_parts(written, _matcher))
    if order == "pushed" or is_one_text(parts):
        return TagPattern(written, written, (), 0, has_ties=False)
    slots = _ORDERS[order](written, parts)
    if order == "date" and (problem := date_problem(slots, _matcher)):
        raise ValueError(problem)
    _compile(slots.marked)
    return TagPattern(
        written, slots.marked, slots.places, slots.first_outside, has_ties=letters_vary(parts)
    )


def pattern_problem(written: Any, order: Any) -> str:
    """Return what is wrong with a pattern as a sentence, or an empty string."""
    try:
        _check_text(written)
        if re2 is not None:
            read_pattern(written, order if order in ORDERS else "pushed")
    except ValueError as error:
        return str(error)
    return ""


def compile_marked(pattern: TagPattern) -> Any:
    """Return the compiled pattern; its time to match is linear in the length of the text."""
    return _compile(pattern.marked)


def _check_text(written: Any) -> None:
    if not isinstance(written, str) or not 0 < len(written) <= _LONGEST:
        raise ValueError(f"must be a regular expression of at most {_LONGEST} characters")


def _compile(text: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeError) as error:
        said = error.args[0] if error.args else ""
        reason = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise ValueError(
            f"must be a regular expression as RE2 reads it, which has neither look-around nor "
            f"backreferences: {reason}"
        ) from None


def _matcher(atom: str) -> Callable[[str], bool]:
    """Return a function that says whether a part of a pattern, alone, matches a text."""
    try:
        compiled = _compile(atom)
    except ValueError:
        return lambda _text: True
    return lambda text: compiled.fullmatch(text) is not None


def _by_number(written: str, parts: list[list[Part]]) -> Slots:
    slots = mark_slots(written, parts)
    kinds = {group.kind for group in captures_of(parts)}
    if not slots.places:
        raise ValueError(_nothing_orders(written, parts, "a number", "([0-9]+)"))
    if may_have_suffix(parts):
        raise ValueError(_unclear_suffix(written, parts))
    if mixes_prereleases(parts):
        raise ValueError(_UNCLEAR_PRERELEASES)
    if MIXED in kinds or (WORD in kinds and len(kinds) > 1):
        raise ValueError(
            "has a group that takes letters, which have no order as numbers; write for example "
            f"{slots.marked}"
        )
    return _without_swallowed(parts, slots)


def _by_date(written: str, parts: list[list[Part]]) -> Slots:
    groups = captures_of(parts)
    slots = mark_slots(written, parts)
    if slots.places and not any(group.kind == MIXED for group in groups):
        if may_have_suffix(parts):
            raise ValueError(_unclear_suffix(written, parts))
        return _without_swallowed(parts, slots)
    vague = (NUMBER, MIXED)
    slots = mark_slots(written, parts, groups=vague, others=(NUMBER,) if groups else vague)
    if len(slots.places) != 1 or any(takes_hashes(one) for branch in parts for one in branch):
        raise ValueError(_nothing_orders(written, parts, "a date", "([0-9]{8})"))
    return slots


def _by_version(written: str, parts: list[list[Part]]) -> Slots:
    slots = _version_slots(written, parts)
    if len(slots.places) == 1 and not may_have_suffix(_outside_groups(slots.marked)):
        return slots
    return _with_prereleases(written, parts) if may_have_suffix(parts) else slots


def _outside_groups(marked: str) -> list[list[Part]]:
    """Return the parts of a marked pattern with a mere number for the version in its group."""
    number = parse_parts("[0-9]", _matcher)[0][0]
    return [
        [number if part.captures else part for part in branch]
        for branch in parse_parts(marked, _matcher)
    ]


def _with_prereleases(written: str, parts: list[list[Part]]) -> Slots:
    """Return the version with what follows it, where that can only be semver's pre-release."""
    suffix = optional_suffix(parts) if len(parts) == 1 else None
    if suffix is None or not begins_prerelease(suffix):
        raise ValueError(_unclear_suffix(written, parts))
    numbers = [part for part in parts[0] if part.kind == NUMBER and part.start < suffix.start]
    inside = [part for part in parts[0] if numbers and numbers[0].start < part.start]
    after = [part for part in inside if part.start > suffix.start]
    before = [part for part in inside if part.start < suffix.start]
    if not numbers or any(part.varies for part in after) or any(map(has_fixed_letters, before)):
        raise ValueError(_unclear_suffix(written, parts))
    return mark_span(written, parts, [numbers[0], suffix]) or mark_slots(written, parts)


def _unclear_suffix(written: str, parts: list[list[Part]]) -> str:
    suffix = optional_suffix(parts)
    shown = f" ({suffix.text})" if suffix else ""
    bare = suffix and written[: suffix.start] + written[suffix.end :]
    is_useful = bare and any(part.kind == NUMBER for part in leaves_of(parse_parts(bare, _matcher)))
    without = bare if is_useful else r"v?(\d+)\.(\d+)\.(\d+)"
    return (
        f"takes tags with and without letters after the number{shown}, and nothing says which of "
        f"them is newer; write a pattern that takes one kind, for example {without}, or for "
        'versions track: {semver: "*", prereleases: true}'
    )


def _version_slots(written: str, parts: list[list[Part]]) -> Slots:
    groups = [group for group in captures_of(parts) if group.kind]
    if not any(map(is_deliberate, groups)):
        return _version_without_groups(written, parts)
    version, *others = groups
    is_clear = not any(group.optional or not is_deliberate(group) for group in groups)
    is_clear &= version.kind != WORD and all(group.kind == NUMBER for group in others)
    if is_clear and not takes_hashes(version):
        slots = mark_slots(written, parts, groups=(NUMBER, version.kind))
        return _without_swallowed(parts, slots)
    raise ValueError(_put_around_the_version(written, parts))


def _version_without_groups(written: str, parts: list[list[Part]]) -> Slots:
    """The version goes from the first number to the last one; what is around it is no part."""
    numbers = [part for part in parts[0] if part.kind == NUMBER]
    chosen = numbers or [part for part in parts[0] if part.kind == MIXED]
    whole = mark_span(written, parts, chosen)
    if whole is None or (not numbers and takes_hashes(chosen[0])):
        raise ValueError(_nothing_orders(written, parts, "a version", "([0-9.]+)"))
    inside = [one for one in parts[0] if chosen[0].start <= one.start <= chosen[-1].start]
    if any(one.kind == MIXED and one not in chosen[:1] for one in inside):
        raise ValueError(
            "has a part within its version that takes letters as well as digits; put groups around "
            f"what orders, for example {mark_slots(written, parts).marked}"
        )
    return _without_swallowed(parts, whole)


def _put_around_the_version(written: str, parts: list[list[Part]]) -> str:
    varying = [part for part in parts[0] if part.kind in (NUMBER, MIXED)]
    whole = mark_span(written, parts, varying)
    return (
        "has groups without a clear place in a version; put one group around the whole version, "
        f"for example {whole.marked if whole else 'v?([0-9.]+(?:-rc[0-9]+)?)'}"
    )


_ORDERS: dict[str, Callable[[str, list[list[Part]]], Slots]] = {
    "number": _by_number,
    "date": _by_date,
    "semver": _by_version,
}


def _without_swallowed(parts: list[list[Part]], slots: Slots) -> Slots:
    """Refuse what takes digits away from the number behind it: `.*` in `.*[0-9]+`."""
    greedy = None
    for leaf in leaves_of(parts):
        if greedy and leaf.kind == NUMBER:
            raise ValueError(
                f"has {greedy} directly before {leaf.text}, and takes digits away from it; put a "
                "character that is always there between them, for example .*-([0-9]+)"
            )
        if leaf.kind == MIXED:
            greedy = leaf.text if leaf.repeated else greedy
        elif not leaf.optional:
            greedy = None
    return slots


def _nothing_orders(written: str, parts: list[list[Part]], what: str, example: str) -> str:
    vague = [leaf for leaf in leaves_of(parts) if leaf.kind == MIXED]
    better = f"{what} in parentheses, for example release-{example}"
    if vague and vague[0].repeated and len(vague) == 1:
        replaced = written[: vague[0].start] + example + written[vague[0].end :]
        better = replaced.replace(f"({example})", example)
    return (
        f"has no part that is {what} and nothing else, so nothing orders its tags; write "
        f"{better}, or order: pushed"
    )
