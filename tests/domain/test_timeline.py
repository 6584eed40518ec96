# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from webhook_bridge.domain.run_steps import PartWord, Span
from webhook_bridge.domain.timeline import (
    Moments,
    TimelineWord,
    going_on,
    medians_of,
    name_of,
    seconds_text,
    sentence_of,
    timeline_of,
    total_of,
)


def test_the_way_of_a_push_is_told_from_its_sender_to_the_last_host() -> None:
    moments = Moments(12, sent_at=8, received_at=9, stored_at=9.5, decided_at=11, wanted_at=11)

    found = timeline_of(moments, {"stage": Span(15, 21), "batches": Span(21, 25)})

    assert [(word, span.began_at, span.ended_at) for word, span in found.items()] == [
        ("sent", 8, 9),
        ("stored", 9, 9.5),
        ("verdict", 9.5, 11),
        ("waited", 11, 12),
        ("start", 12, 15),
        ("stage", 15, 21),
        ("batches", 21, 25),
    ]
    assert total_of(found) == 17


def test_where_nobody_knows_when_it_was_on_disk_the_verdict_begins_with_the_request() -> None:
    found = timeline_of(Moments(12, received_at=9, decided_at=11), {})

    assert {word: span.began_at for word, span in found.items()} == {"verdict": 9, "waited": 11}


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (6.5, "6.5 s of 13 s were the batches' wait for health: longer than usual, the median"),
        (4.0, "9.0 s of 13 s were the batches."),
    ],
)
def test_what_takes_the_larger_half_of_the_longest_part_is_named_in_its_place(
    health: float, said: str
) -> None:
    timeline: dict[TimelineWord, Span] = {
        "canary": Span(0, 4),
        "canary_health": Span(1, 4, 3),
        "batches": Span(4, 13),
        "batches_health": Span(5, 13, health),
        "batches_way_back": Span(11, 13, 2),
    }

    assert sentence_of(timeline, {"batches_health": 2.0}).startswith(said)
    assert total_of(timeline) == 13


def test_a_run_that_goes_on_is_in_its_batches_and_not_in_a_wait_that_is_over() -> None:
    timeline: dict[TimelineWord, Span] = {"canary": Span(0, 4), "canary_health": Span(1, 3, 2)}

    assert going_on(timeline, now=9) == ("canary", Span(0, 9))


def test_a_release_that_somebody_asked_for_has_no_sender() -> None:
    assert list(timeline_of(Moments(12, wanted_at=11), {})) == ["waited"]


def test_a_later_run_of_a_release_begins_with_itself() -> None:
    assert list(timeline_of(Moments(12), {"stage": Span(15, 21)})) == ["start", "stage"]


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    assert timeline_of(Moments(12, received_at=11, decided_at=9), {})["verdict"].seconds == 0


@pytest.mark.parametrize(
    ("usual", "sentence"),
    [
        ({}, "6.0 s of 11 s were stage."),
        ({"stage": 5.5}, "6.0 s of 11 s were stage: as usual, the median is 5.5 s."),
        ({"stage": 2.0}, "6.0 s of 11 s were stage: longer than usual, the median is 2.0 s."),
    ],
)
def test_a_sentence_says_what_took_longest(usual: dict[str, float], sentence: str) -> None:
    timeline = {"preflight": Span(14, 15), "stage": Span(15, 21), "batches": Span(21, 25)}

    assert sentence_of(timeline, usual) == sentence  # type: ignore[arg-type]


def test_what_has_not_begun_takes_no_time() -> None:
    assert (total_of({}), sentence_of({}, {})) == (0.0, "")


def test_medians_are_over_the_runs_that_have_a_part() -> None:
    found = medians_of([{"stage": Span(0, 2)}, {"stage": Span(0, 4)}, {"canary": Span(0, 9)}])

    assert found == {"stage": 3, "canary": 9}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10, "10 s"),
        (59.4, "59 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (273_600, "3 d 4 h"),
    ],
)
def test_durations_are_told_as_people_read_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text


def test_the_part_that_goes_on_follows_the_last_that_is_known() -> None:
    begun = Moments(started_at=12.0, received_at=10.0, decided_at=11.0)

    def word(parts: dict[PartWord, Span]) -> tuple[str, float]:
        found, span = going_on(timeline_of(begun, parts), now=30.0)
        return found, span.seconds

    assert going_on({}, now=30.0) == ("start", Span(30.0, 30.0))
    assert word({}) == ("start", 18.0)
    assert word({"preflight": Span(13.0, 15.0)}) == ("stage", 15.0)
    assert word({"stage": Span(15.0, 20.0)}) == ("stage", 15.0)
    assert word({"canary": Span(20.0, 22.0)}) == ("canary", 10.0)


def test_a_clock_that_was_set_back_makes_no_negative_part() -> None:
    assert going_on({"stage": Span(10.0, 20.0)}, now=5.0) == ("stage", Span(10.0, 20.0))
    assert going_on({"start": Span(10.0, 20.0)}, now=5.0)[1].seconds == 0


def test_a_part_has_a_name_for_sentences() -> None:
    assert name_of("start") == "the start of Ansible"
