# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from semver import Version

from webhook_bridge.tags.versions import parse_range, parse_version

NUMBERS = st.integers(0, 12)
IDENTIFIERS = st.sampled_from(["alpha", "beta", "rc", "1", "2", "10", "0"])
PARTS = st.lists(IDENTIFIERS, min_size=1, max_size=3).map(".".join)
VERSIONS = st.builds(Version, NUMBERS, NUMBERS, NUMBERS, st.none() | PARTS, st.none() | PARTS)
RELEASES = st.builds(Version, NUMBERS, NUMBERS, NUMBERS)


def takes(written: str, tag: str) -> bool:
    version = parse_version(tag)
    assert version is not None, tag
    return parse_range(written).holds(version)


@pytest.mark.parametrize(
    ("written", "inside", "outside"),
    [
        (">=1.4 <2", ["1.4.0", "1.99.3", "v1.5.0"], ["1.3.9", "2.0.0", "2.0.0-rc1"]),
        (">=1.4, <2", ["1.4.0"], ["2.0.0"]),
        (">= 1.4 < 2", ["1.4.0"], ["2.0.0"]),
        (">1.4", ["1.5.0"], ["1.4.9"]),
        (">1.4.2", ["1.4.3"], ["1.4.2"]),
        ("<=1.4", ["1.4.9", "0.1.0"], ["1.5.0"]),
        ("<=1.4.2", ["1.4.2"], ["1.4.3"]),
        ("1.4", ["1.4.0", "1.4.9"], ["1.5.0", "1.3.0"]),
        ("=1.4.2", ["1.4.2", "1.4.2_b7"], ["1.4.3", "1.4.2-rc1"]),
        ("1.x", ["1.0.0", "1.9.0"], ["2.0.0"]),
        ("1.4.*", ["1.4.9"], ["1.5.0"]),
        ("*", ["0.0.0", "99.0.0"], []),
        ("^1.4", ["1.4.0", "1.9.0"], ["2.0.0", "1.3.0"]),
        ("^0.3", ["0.3.9"], ["0.4.0"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]),
        ("^0.0", ["0.0.9"], ["0.1.0"]),
        ("^0", ["0.9.0"], ["1.0.0"]),
        ("~1.4", ["1.4.9"], ["1.5.0"]),
        ("~1", ["1.9.0"], ["2.0.0"]),
        ("~1.4.2", ["1.4.2", "1.4.9"], ["1.4.1", "1.5.0"]),
        ("^1.2 || >=3 <4", ["1.2.0", "3.9.0"], ["2.0.0", "4.0.0"]),
        (">=2.0.0-rc.2", ["2.0.0-rc.2", "2.0.0-rc.10", "2.0.0"], ["2.0.0-rc.1"]),
        ("<2.0.0-rc.2", ["2.0.0-rc.1"], ["2.0.0-rc.2"]),
    ],
)
def test_a_range_holds_what_node_semver_says(
    written: str, inside: list[str], outside: list[str]
) -> None:
    assert all(takes(written, tag) for tag in inside)
    assert not any(takes(written, tag) for tag in outside)


@pytest.mark.parametrize(
    "written",
    ["", " ", "latest", ">=1.4 <", "1.4 - 2", "1.4.2.3", ">>1", "1.4 ||", "1.4.2-", "a" * 300],
)
def test_what_is_no_range_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(
        ValueError, match=r"must be a range of versions, for example|must have at most"
    ):
        parse_range(written)


@pytest.mark.parametrize(
    ("tag", "version"),
    [
        ("1.4.2", "1.4.2"),
        ("v1.4.2", "1.4.2"),
        ("1.4.2-rc.1", "1.4.2-rc.1"),
        ("1.4.2_build.5", "1.4.2+build.5"),
        ("1.4.2-rc1_5", "1.4.2-rc1+5"),
    ],
)
def test_a_tag_names_a_version(tag: str, version: str) -> None:
    assert str(parse_version(tag)) == version


@pytest.mark.parametrize(
    "tag", ["1.4", "1", "latest", "vv1.4.2", "01.4.2", "1.4.2_", "1.4.2-", "٣.4.2"]
)
def test_a_tag_names_no_version(tag: str) -> None:
    assert parse_version(tag) is None


def test_a_part_that_is_left_out_is_zero_only_where_that_is_allowed() -> None:
    assert str(parse_version("1.4", partial=True)) == "1.4.0"


@given(VERSIONS)
def test_a_version_comes_through_a_tag_unchanged(version: Version) -> None:
    assert str(parse_version("v" + str(version).replace("+", "_"))) == str(version)


@given(VERSIONS, VERSIONS)
def test_either_a_version_is_at_least_another_or_below_it(one: Version, other: Version) -> None:
    bound = str(other).partition("+")[0]

    at_least, below = parse_range(f">={bound}").holds(one), parse_range(f"<{bound}").holds(one)

    candidate = one.prerelease and not other.prerelease and one.finalize_version() == other
    assert (at_least, below) == (one >= other, one < other and not candidate)


@given(RELEASES, RELEASES)
def test_a_caret_never_leaves_the_major_version(low: Version, found: Version) -> None:
    if parse_range(f"^{low}").holds(found):
        assert found >= low
        assert found.major == low.major


@given(st.text(max_size=60))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_range(text).alternatives
