# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part of a pattern orders: all groups from left to right, numbers as numbers."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.longshore.containers.plugins.plugin_utils import _tag_patterns
from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.tags.policy import is_equal, is_older, needs_times, newest_first, order_shown
from webhook_bridge.tags.schema import parse_track

TEXT = st.text("v0123456789.-_abcr()[]|?*+{}\\d^$,:P<>i", max_size=24)


@pytest.mark.parametrize(
    ("pattern", "order", "newest_to_oldest"),
    [
        (r"v?(\d+)\.(\d+)\.(\d+)", "number", ["v2.1.0", "v2.0.10", "2.0.9"]),
        (r"v?(\d+)\.(\d+)\.(\d+)", "semver", ["v2.1.0", "v2.0.10", "2.0.9"]),
        (r"(\d+\.\d+)-r\d+", "number", ["1.2-r10", "1.2-r9"]),
        (r"\d+\.\d+(-r\d+)?", "number", ["1.10-r1", "1.2-r10", "1.2-r9", "1.2"]),
        (r"v?\d+\.\d+\.\d+(-r\d+)?", "semver", ["1.2.3", "1.2.3-r10", "1.2.3-r9"]),
        (r"([0-9.]+)-alpine[0-9.]+", "semver", ["1.27.0-alpine3.10", "1.27.0-alpine3.9"]),
        (r"[0-9.]+-(alpha|beta|rc)[0-9]+", "semver", ["1.0.0-rc9", "1.0.0-beta10", "1.0.0-beta9"]),
        (r"main-[0-9a-f]{7}-[0-9]+", "number", ["main-0000000-18", "main-9999999-17"]),
        (r"[0-9a-f]{7}-([0-9]{8})", "date", ["0000000-20261129", "9999999-20261128"]),
        (r"(\d{4})-(\d{2})-(\d{2})", "date", ["2026-12-01", "2026-11-28", "2025-12-31"]),
        (r"(\d{4})(\d{2})(\d{2})-b(\d+)", "date", ["20261128-b10", "20261128-b9"]),
        (r"([0-9]{8})-[0-9a-f]{7}", "number", ["20261129-0000000", "20261128-fffffff"]),
        (r"([0-9]{8})-[0-9a-f]{7}", "date", ["20261129-0000000", "20261128-fffffff"]),
        (r"n-(.*)", "date", ["n-2026-11-28-3", "n-2026-11-28-2", "n-2026-11-27"]),
        (r"(release|hotfix)-[0-9]+", "number", ["hotfix-10", "release-9"]),
        (r"release-(\d+)|hotfix-(\d+)", "number", ["hotfix-10", "release-9", "hotfix-8"]),
        (r"^\d+\.\d+\.\d+\.\d+-ls\d+$", "number", ["1.2.3.4-ls10", "1.2.3.4-ls9"]),
        (r"(\d+)(?:\.(\d+))?(?:-r(\d+))?", "number", ["1.2", "1.1-r9", "1.1", "1-r5", "1"]),
        (r"(?:\d+\.)+\d+", "number", ["1.10.0", "1.2.3.4", "1.2.3"]),
        (r"(?P<major>[[:digit:]]+)[.](?i)X", "number", ["10.x", "9.X"]),
        (r"b-[0-9]-([0-9]+)", "number", ["b-1-10", "b-9-9"]),
        (r"(?:k8s-)?(\d+)", "number", ["k8s-10", "9"]),
        (r"(\d+)(?:-ls(\d+))?", "number", ["2-ls10", "2-ls9", "2"]),
        (r"(\d+)-(?:alpine|slim-x)-(\d+)", "number", ["2-alpine-10", "2-slim-x-9"]),
        (r"v[1-9]\d*", "number", ["v10", "v9"]),
        (r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)", "number", ["1.10", "1.9", "1.0", "0.0"]),
        (r"(0|[1-9]\d*)\.(0|[1-9]\d*)", "number", ["1.10", "1.9", "0.0"]),
        (r"(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)", "semver", ["1.10", "1.9", "0.0"]),
        (r"1\d+", "number", ["105", "19"]),
        (r"v(?:1|2)\d+", "number", ["v110", "v29"]),
        (r"b\d\d?-(?:r\d*\d)", "number", ["b10-r10", "b10-r9", "b9-r9"]),
        (r"1\d+\.\d+", "semver", ["105.0", "19.1"]),
        (r"20\d\d-\d\d-\d\d", "date", ["2026-12-01", "2026-11-28"]),
        (r"20\d\d(?:0[1-9]|1[0-2])\d\d", "date", ["20261201", "20261128"]),
        (r"v\d+-(\d{4})-(\d{2})-(\d{2})", "date", ["v1-2026-12-01", "v2-2026-11-28"]),
        (r"(\d+)-(\d{2})-(\d{2})-(\d{4})", "date", ["2026-11-28-1530", "2026-11-28-0930"]),
        (r"(\d+)-(\d{2})-(\d{2})T(\d{4})", "date", ["2026-11-28T1530", "2026-11-28T0930"]),
        (r"\d+-\d+-\d+-\d{4}", "date", ["2026-11-28-1530", "2026-11-28-0930"]),
        (r"(\d+)-(\d+)-(\d+)\.(\d{4})", "date", ["2026-11-28.1530", "2026-11-28.0930"]),
        (
            r"(\d+)-(\d{2})-(\d{2})-(\d{6}|\d{4})",
            "date",
            ["2026-11-29-0930", "2026-11-28-153000"],
        ),
        (
            r"release-(\d+)-(\d\d)-(\d\d)(?:-(\d\d\d\d))?",
            "date",
            ["release-2026-11-28-1530", "release-2026-11-28"],
        ),
        (r"(\d+)(\d{2})(\d{2})-(\d{4})", "date", ["20261128-1530", "20261128-0930"]),
        (r"(\d+)-(\d{4})", "date", ["20261128-1530", "20261128-0930"]),
        (r"(\d+)-(\d{8,})", "date", ["20261128-123456789", "20261128-12345678"]),
        (r"(\d+)-(\d{10})", "date", ["20261128-1795000001", "20261128-1795000000"]),
        (r"(\d+)(?:-(\d{8}))?", "date", ["20261129", "20261128-00000001"]),
        (r"(?:v(\d+)-)?(\d{8})", "date", ["20261129", "20261128"]),
        (r"v(\d+)|(\d{8})", "date", ["20261129", "v20261128"]),
        (r"\d+-(dev|prod)", "number", ["10-dev", "9-prod"]),
        (r"(\d+)-snapshot|(\d+)-release", "number", ["10-snapshot", "9-release"]),
        (r"\d+-(?:dev|stable)-[0-9]+", "number", ["9-dev-10", "9-stable-9"]),
    ],
)
def test_numbers_order_as_numbers_wherever_they_stand(
    pattern: str, order: str, newest_to_oldest: list[str]
) -> None:
    track = parse_track({"pattern": pattern, "order": order})

    assert newest_first(track, sorted(newest_to_oldest)) == newest_to_oldest
    assert all(is_older(track, old, new) for new, old in itertools.pairwise(newest_to_oldest))


def test_a_pattern_of_one_tag_takes_it_and_never_calls_it_older() -> None:
    track = parse_track({"pattern": "stable"})

    assert newest_first(track, ["edge", "stable"]) == ["stable"]
    assert not is_older(track, "stable", "stable")


@pytest.mark.parametrize(
    ("pattern", "order", "said"),
    [
        ("stable|edge", "number", "write a number in parentheses, for example release-([0-9]+)"),
        ("v.*", "number", "write v([0-9]+), or order: pushed"),
        ("(.*)-alpine", "number", "write ([0-9]+)-alpine, or order: pushed"),
        ("[0-9a-f]{40}", "number", "nothing orders its tags"),
        ("[0-9a-f]{40}", "date", "nothing orders its tags"),
        ("[0-9a-f]{40}", "semver", "nothing orders its tags"),
        ("[a-z]+", "date", "for example release-([0-9]{8}), or order: pushed"),
        (r"([0-9a-f]{7})-(\d+)", "number", r"write for example (?:[0-9a-f]{7})-(\d+)"),
        (r"(release|hotfix)-(\d+)", "number", r"write for example (?:release|hotfix)-(\d+)"),
        (r".*[0-9]+", "number", "has .* directly before [0-9]+"),
        (r".*-?(\d+)", "date", "directly before"),
        (r".*1\d+", "number", "has .* directly before 1\\d+"),
        (r"v\d+-\d{8}", "date", r"for example v(?:\d+)-(\d{8})"),
        (r"(\d+)\.(\d+)-(\d{8})", "date", r"for example (?:\d+)\.(?:\d+)-(\d{8})"),
        (r"v\d+-20\d\d-\d\d-\d\d", "date", r"for example v(?:\d+)-(20\d\d)-(\d\d)-(\d\d)"),
        (r"(\d)-(\d)-(\d)-(\d{8})", "date", r"for example (?:\d)-(?:\d)-(?:\d)-(\d{8})"),
        (r"(\d+)-(dev|main)-(\d+)", "number", r"write for example (\d+)-(?:dev|main)-(\d+)"),
        (r"\d+-(?:dev|rc|prod)\d+", "number", "takes pre-releases of several kinds"),
        (r"\d+\.\d+-(alpha|beta)\.\d+", "number", "write order: semver"),
        (r"(\d+)(?i:-RC|-dev)(\d+)", "number", "write order: semver"),
        (r"[0-9.]+(-rc[0-9]*)?", "number", "for example [0-9.]+, or"),
        (
            r"(\d+)\.(\d+)(\.\d+)?",
            "semver",
            r"for example ((?:\d+)\.(?:\d+)(?:\.\d+)?)",
        ),
        (r"(\d+)\.(\d+)\.(\d+)-(rc|beta)(\d+)", "semver", "one group around the whole version"),
        (r"v(\d+)|r(\d+)", "semver", "for example v?([0-9.]+(?:-rc[0-9]+)?)"),
        (
            r"\d+\.\d+-[0-9a-f]{7}-\d+",
            "semver",
            r"for example (\d+)\.(\d+)-[0-9a-f]{7}-(\d+)",
        ),
    ],
)
def test_a_pattern_without_a_clear_order_is_refused_with_what_to_write(
    pattern: str, order: str, said: str
) -> None:
    with pytest.raises(ValueError, match="pattern: ") as refusal:
        parse_track({"pattern": pattern, "order": order})

    assert said in str(refusal.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"v?(\d+\.\d+\.\d+)(?:-rc\d+)?",
        r"(\d+\.\d+\.\d+(?:-rc\d+)?)",
        r"(\d+\.\d+\.\d+).*",
        r"\d+\.\d+\.\d+(-\w+)?",
        r"\d+\.\d+\.\d+(?:(?:-(?:rc\d+)?)?)",
        r"\d+\.\d+\.\d+(?:|-rc\d+)",
    ],
)
def test_a_candidate_comes_before_its_release_as_a_version(pattern: str) -> None:
    track = parse_track({"pattern": pattern, "order": "semver"})

    newest = ["1.2.3", "1.2.3-rc10", "1.2.3-rc1"]
    assert newest_first(track, sorted(newest)) == newest
    assert is_older(track, "1.2.3-rc10", "1.2.3")


@pytest.mark.parametrize("order", ["number", "date"])
@pytest.mark.parametrize(
    "pattern",
    [
        r"(\d+\.\d+\.\d+(?:-rc\d+)?)",
        r"(\d+)\.(\d+)\.(\d+)(-[a-z]+\d*)?",
        r"(\d+)\.(\d+)\.(\d+)(|-rc\d+)",
        r"(\d+)\.(\d+)\.(\d+)|(\d+)\.(\d+)\.(\d+)-rc(\d+)",
        r"(?:(\d+)|(\d+)-rc(\d+))",
        r"(\d+)(?:-(?:b(\d+))?)",
        r"(\d+)(?:-m(\d+))?",
        r"(\d+)(?i:-NIGHTLY)?",
        r"(\d+)(-rc\d+)?-alpine",
        r"8(?:-rc(\d+))?",
    ],
)
def test_letters_that_a_tag_may_lack_after_its_number_are_refused(pattern: str, order: str) -> None:
    with pytest.raises(ValueError, match="nothing says which of them is newer; write a pattern"):
        parse_track({"pattern": pattern, "order": order})


@pytest.mark.parametrize(
    ("pattern", "suggested"),
    [
        (r"(\d+\.\d+\.\d+)(?:rc\d+)?", r"for example (\d+\.\d+\.\d+), or"),
        (r"(\d+\.\d+)-alpine(?:-rc\d+)?", r"for example (\d+\.\d+)-alpine, or"),
        (r"(\d+\.\d+)(?:-rc\d+)?(?:-x\d+)?", r"for example v?(\d+)\.(\d+)\.(\d+), or"),
        (r"(\d+\.\d+)(?:-rc\d+)?-[a-z]+", r"for example (\d+\.\d+)-[a-z]+, or"),
        (r"(\d+)(?:-rc(\d+))?", "one group around the whole version"),
    ],
)
def test_a_suffix_that_is_no_candidate_of_a_version_is_refused(
    pattern: str, suggested: str
) -> None:
    with pytest.raises(ValueError, match="pattern: ") as refusal:
        parse_track({"pattern": pattern, "order": "semver"})

    assert suggested in str(refusal.value)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(\d{2})-(\d{2})-(\d{4})",
        r"(\d{2}-\d{2}-\d{4})",
        r"(\d{4})-(\d{2})",
        r"(\d{4})-(\d{2})-\d{2}",
        r"(\d{6})",
        r"nightly-(\d{2})(\d{2})(\d{2})",
        r"\d{2}\.\d{2}\.\d{4}",
    ],
)
def test_a_pattern_that_takes_no_date_is_refused_by_date(pattern: str) -> None:
    with pytest.raises(ValueError, match=r"takes no date: .* write for example"):
        parse_track({"pattern": pattern, "order": "date"})


@pytest.mark.parametrize(
    ("pattern", "tag"),
    [
        (r"(\d{4}-\d{2})-(\d{2})", "2026-11-28"),
        (r"(20\d\d)\.(\d+)\.(\d+)", "2026.11.28"),
        (r"([0-9.]+)", "2026.11.28"),
        (r"(\d{14})", "20261128153000"),
        (r"(?:v(\d{8})|(\d{8}))", "v20261128"),
        (r"\d{4}-\d{2}-\d{2}", "2026-11-28"),
    ],
)
def test_a_pattern_that_takes_dates_is_accepted_by_date(pattern: str, tag: str) -> None:
    assert parse_track({"pattern": pattern, "order": "date"}).why_not(tag) is None


@pytest.mark.parametrize("text", [">=2 <1", "1.4 2.0", ">1.4.2 <=1.4.2", "1.4 || >3 <2", "^1 ^2"])
def test_a_range_that_takes_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"semver: takes no version: .* write for example"):
        parse_track({"semver": text})


@pytest.mark.parametrize("text", ["=1.4.2", ">=1.4.2 <=1.4.2", "1.4 || 2.0", ">1 <3"])
def test_a_range_that_takes_a_version_is_accepted(text: str) -> None:
    assert parse_track({"semver": text})


def test_a_pattern_of_many_optional_parts_is_judged_at_once() -> None:
    with pytest.raises(ValueError, match="nothing says"):
        parse_track({"pattern": r"(\d+)" + "(?:-[g-z])?" * 17})


@pytest.mark.parametrize(
    ("pattern", "suggested"),
    [
        (r"([0-9a-f]{7})-(\d+)", r"(?:[0-9a-f]{7})-(\d+)"),
        (r"(\d+)\.(\d+)(\.\d+)?", r"((?:\d+)\.(?:\d+)(?:\.\d+)?)"),
        ("v.*", "v([0-9]+)"),
        (r"v\d+-\d{8}", r"v(?:\d+)-(\d{8})"),
        (r"(\d+)-(dev|main)-(\d+)", r"(\d+)-(?:dev|main)-(\d+)"),
    ],
)
def test_what_is_suggested_is_accepted(pattern: str, suggested: str) -> None:
    orders = []
    for order in ("number", "semver", "date"):
        try:
            parse_track({"pattern": pattern, "order": order})
        except ValueError as error:
            orders += [order] if suggested in str(error) else []

    assert orders
    assert all(parse_track({"pattern": suggested, "order": order}) for order in orders)


def test_builds_of_one_day_are_ordered_by_when_they_were_seen_and_not_by_their_hash() -> None:
    track = parse_track({"pattern": "([0-9]{8})-[0-9a-f]{7}", "order": "date"})
    first, second = "20261128-fffffff", "20261128-0000000"

    assert newest_first(track, [first, second], seen_at={first: 1.0, second: 2.0})[0] == second
    assert is_equal(track, first, second)
    assert needs_times(track)
    assert not needs_times(parse_track({"pattern": r"\d+\.\d+"}))


@pytest.mark.parametrize(
    ("written", "tag", "shown"),
    [
        ("latest", "latest", ""),
        ({"semver": "*"}, "v1.4.0_b2", "1.4.0+b2"),
        ({"pattern": r"(\d+)\.(\d+)-r\d+"}, "1.10-r2", "1, 10, 2"),
        ({"pattern": "[a-z]+", "order": "pushed"}, "edge", "time of the push"),
        ({"pattern": "stable"}, "stable", ""),
    ],
)
def test_what_orders_a_tag_is_shown(written: object, tag: str, shown: str) -> None:
    assert order_shown(parse_track(written), tag) == shown


@given(TEXT, st.sampled_from(["number", "semver", "date", "pushed"]), TEXT)
def test_any_pattern_is_refused_or_takes_the_same_tags_as_it_was_written(
    pattern: str, order: str, tag: str
) -> None:
    try:
        track = parse_track({"pattern": pattern, "order": order})
    except ValueError:
        return
    written = _tag_patterns.compile_marked(
        _tag_patterns.TagPattern(pattern, pattern, (), 0, has_ties=False)
    )
    if track.why_not(tag) is None:
        assert written.fullmatch(tag) is not None
    elif track.why_not(tag) == "does not match" and tag and tag.isascii():
        assert written.fullmatch(tag) is None or not parse_is_tag(tag)


def parse_is_tag(tag: str) -> bool:
    try:
        return bool(parse_track(tag))
    except ValueError:
        return False


def test_without_the_library_a_playbook_takes_a_pattern_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_tag_patterns, "re2", None)

    assert _tag_patterns.pattern_problem("(?=x", "number") == ""
    assert "at most 200" in _tag_patterns.pattern_problem("a" * 201, "number")
