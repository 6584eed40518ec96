# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain.references import is_tag
from webhook_bridge.tags import ExactTag, PatternTags, Track
from webhook_bridge.tags.policy import is_older, newest_first
from webhook_bridge.tags.schema import parse_track

SEMVER = parse_track({"semver": ">=1.4 <2"})
CANDIDATES = parse_track({"semver": ">=1.4 <2", "prereleases": True})
POLICIES = [
    SEMVER,
    CANDIDATES,
    parse_track({"semver": "*"}),
    parse_track({"pattern": "release-[0-9]+"}),
    parse_track({"pattern": "[0-9.]+(-rc[0-9]*)?", "order": "semver"}),
    parse_track({"pattern": ".*", "order": "date"}),
    parse_track({"pattern": r"(?:release-)?([0-9]{1,3})(?:\.([0-9]))?", "order": "number"}),
    parse_track({"pattern": r"v?([0-2])\.([0-9])\.([0-9])"}),
    parse_track("latest"),
]
TAGS = st.one_of(
    st.from_regex(r"v?[0-2]\.[0-9]\.[0-9](-rc\.?[0-9])?(_b[0-9])?", fullmatch=True),
    st.from_regex(r"(release-)?[0-9]{1,3}(\.[0-9])?", fullmatch=True),
    st.from_regex(r"20[0-2][0-9]-?[01][0-9]-?[0-3][0-9](-[0-9]{1,4})?", fullmatch=True),
    st.sampled_from(["latest", "edge", "1", "1.4"]),
)


def pattern(pattern: str, order: str = "number") -> Track:
    return parse_track({"pattern": pattern, "order": order})


@pytest.mark.parametrize(
    ("track", "tag", "reason"),
    [
        (ExactTag("latest"), "dev", "is another one"),
        (SEMVER, "1.5.0-rc1", "is a pre-release"),
        (SEMVER, "2.0.0", "is outside the range"),
        (SEMVER, "1.4", "is not a full version such as 1.4.2"),
        (SEMVER, "latest", "is not a full version such as 1.4.2"),
        (CANDIDATES, "2.0.0-rc1", "is outside the range"),
        (pattern("release-[0-9]+"), "release-x", "does not match"),
        (pattern("release-[0-9]+"), "xrelease-1", "does not match"),
        (pattern("release-[0-9]+"), "release-1x", "does not match"),
        (pattern("r([0-9.]+)"), "r.", "holds no number"),
        (pattern(".*", "date"), "2026-13-01", "holds no date, as 2026-11-28 or 20261128"),
        (pattern("v.*", "semver"), "v1.x", "holds no version, as 1.4.2"),
    ],
)
def test_a_tag_that_is_not_taken_says_why(track: Track, tag: str, reason: str) -> None:
    assert track.why_not(tag) == reason


@pytest.mark.parametrize(
    ("track", "tag"),
    [
        (ExactTag("latest"), "latest"),
        (SEMVER, "v1.4.0"),
        (SEMVER, "1.4.2_build.7"),
        (CANDIDATES, "1.5.0-rc1"),
        (pattern("release-[0-9]+"), "release-12"),
        (pattern("(.*)-alpine", "semver"), "1.27-alpine"),
        (pattern("nightly-(.*)", "date"), "nightly-20261128.2"),
        (pattern("[a-z]+", "pushed"), "edge"),
        (pattern(r"(?P<number>[0-9]+)\.(?:main|next)[(]?"), "12.next"),
        (pattern("([0-9]{1,3}[.]?)"), "12"),
    ],
)
def test_a_tag_that_is_taken_has_no_reason_against_it(track: Track, tag: str) -> None:
    assert track.why_not(tag) is None


@pytest.mark.parametrize(
    ("track", "order"),
    [
        (SEMVER, ["1.10.0", "1.9.1", "v1.9.0", "1.4.0"]),
        (CANDIDATES, ["1.5.0", "1.5.0-rc.10", "1.5.0-rc.9", "1.5.0-alpha"]),
        (SEMVER, ["1.5.0_build.10", "1.5.0_build.9", "1.5.0"]),
        (pattern("release-[0-9]+"), ["release-10", "release-9"]),
        (pattern("b-([0-9]+)-x[0-9]"), ["b-2-x1", "b-1-x9"]),
        (pattern("b-[0-9]+-x[0-9]"), ["b-2-x1", "b-1-x9", "b-1-x8"]),
        (pattern(".*-alpine([0-9.]+)", "semver"), ["a-alpine3.10", "z-alpine3.9"]),
        (pattern(".*", "date"), ["2026-11-28", "20261127.10", "20261127.9", "2026.11.27"]),
        (pattern("n-.*", "date"), ["n-202611281530", "n-202611280900", "n-20261128"]),
    ],
)
def test_the_newest_tag_comes_first(track: Track, order: list[str]) -> None:
    assert newest_first(track, sorted(order)) == order
    assert all(is_older(track, old, new) for new, old in itertools.pairwise(order))


def test_by_push_the_one_seen_last_comes_first_and_one_never_seen_does_not_come() -> None:
    track = pattern("[a-z]+", "pushed")

    found = newest_first(track, ["a", "b", "c"], seen_at={"a": 2.0, "b": 1.0})

    assert found == ["a", "b"]
    assert not is_older(track, "b", "a")


def test_a_version_is_not_older_than_a_tag_that_is_none() -> None:
    assert not is_older(SEMVER, "1.4.0", "latest")
    assert not is_older(SEMVER, "1.4.0", None)


def test_a_version_deployed_by_hand_from_outside_the_range_is_compared_too() -> None:
    assert is_older(SEMVER, "1.9.0", "2.0.0")


@given(st.sampled_from(POLICIES), st.lists(TAGS, max_size=12), st.randoms())
def test_the_newest_does_not_depend_on_the_order_in_which_a_registry_lists_them(
    track: Track, tags: list[str], chance: random.Random
) -> None:
    shuffled = list(tags)
    chance.shuffle(shuffled)

    assert newest_first(track, tags) == newest_first(track, shuffled)


@given(st.sampled_from(POLICIES), st.lists(TAGS, max_size=12))
def test_only_tags_that_the_policy_takes_are_candidates(track: Track, tags: list[str]) -> None:
    found = newest_first(track, tags)

    assert set(found) == {tag for tag in tags if track.why_not(tag) is None}
    assert not any(is_older(track, found[0], other) for other in found)


@given(st.sampled_from(POLICIES), TAGS, TAGS, TAGS)
def test_older_is_a_strict_order(track: Track, one: str, two: str, three: str) -> None:
    assert not is_older(track, one, one)
    assert not (is_older(track, one, two) and is_older(track, two, one))
    if is_older(track, one, two) and is_older(track, two, three):
        assert is_older(track, one, three)


@given(st.sampled_from(POLICIES), st.lists(TAGS, min_size=1, max_size=12))
def test_taking_pushes_in_any_order_never_goes_backwards_and_ends_at_the_newest(
    track: Track, pushes: list[str]
) -> None:
    desired: str | None = None
    for tag in pushes:
        if track.why_not(tag) is None and not is_older(track, tag, desired):
            assert desired is None or not is_older(track, tag, desired)
            desired = tag

    best = newest_first(track, pushes)
    assert (desired is None) == (not best)
    assert desired is None or not is_older(track, desired, best[0])


@given(st.sampled_from(POLICIES), st.text(max_size=200))
def test_any_text_is_judged(track: Track, text: str) -> None:
    reason = track.why_not(text)

    assert reason is None or reason
    assert all(is_tag(tag) for tag in newest_first(track, [text]))


@pytest.mark.parametrize("tag", ["9" * 128, "1." * 64, "1.4.0-" + "a." * 61, "-" * 128, "a" * 128])
@pytest.mark.parametrize("nested", ["(?:a+)+b", "(?:a|aa)+b", "(?:[0-9]+[.]?)+x", ".*.*.*.*.*.*x"])
def test_a_tag_as_long_as_tags_get_is_judged_too(nested: str, tag: str) -> None:
    # A matcher that runs away would take years, and so end the session.
    track = pattern(f"{nested}-([0-9]+)")

    assert [track for track in [track, *POLICIES] if track.why_not(tag) is not None] != []


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({}, "must be a tag"),
        ({"tag": "1"}, "must be a tag"),
        (1.4, "quote a tag that YAML reads as a number"),
        (["latest"], "must be a tag, "),
        ("a b", "must be a tag, "),
        ({"semver": 1.4}, "semver: must be a string in quotes"),
        ({"semver": "new"}, "semver: must be a range of versions"),
        ({"semver": "1", "prereleases": "yes"}, "prereleases: must be true or false"),
        (
            {"semver": "1", "order": "date"},
            "order: is not known here; allowed: prereleases, semver",
        ),
        ({"pattern": 1}, "pattern: must be a regular expression"),
        ({"pattern": ""}, "pattern: must be a regular expression"),
        ({"pattern": "("}, "pattern: must be a regular expression"),
        ({"pattern": r"([0-9])\1"}, "pattern: must be a regular expression as RE2 reads it"),
        ({"pattern": "(?=[0-9]).*"}, "neither look-around nor backreferences"),
        ({"pattern": "a", "order": "newest"}, "order: must be one of semver, number, date, pushed"),
        ({"pattern": "a", "semver": "1"}, "pattern: is not known here"),
    ],
)
def test_a_mistake_in_track_is_named(written: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem.replace("(", r"\(")):
        parse_track(written)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("latest", "latest"),
        ({"semver": ">=1.4  <2"}, "semver >=1.4 <2"),
        ({"semver": "1", "prereleases": True}, "semver 1 with pre-releases"),
        ({"pattern": "r-[0-9]+"}, "pattern r-[0-9]+ by number"),
    ],
)
def test_a_track_says_itself_as_it_was_written(written: object, said: str) -> None:
    track = parse_track(written)

    assert str(track) == said
    assert parse_track(track) is track
    assert isinstance(track, PatternTags) == said.startswith("pattern")
