# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.domain.verdicts import VERDICTS, Verdict, combine, rank, short

NEW = f"sha256:{'b' * 64}"


def test_a_body_that_claims_thousands_of_things_has_a_short_detail() -> None:
    found = combine([Verdict("no_app", f"no app uses r/{number}") for number in range(8000)])

    assert found.detail.endswith("and 7995 more")
    assert len(found.detail) < 2000


def test_a_body_that_claims_nothing_is_empty() -> None:
    assert combine([]).code == "empty"


def test_equal_details_are_told_once() -> None:
    assert combine([Verdict("no_app", "a"), Verdict("no_app", "a")]).detail == "a"


VERDICT = st.builds(Verdict, st.sampled_from(sorted(VERDICTS)), st.sampled_from("abc"))


@given(st.lists(VERDICT, min_size=1), st.randoms())
def test_the_combined_verdict_does_not_depend_on_the_order(
    verdicts: list[Verdict], random: object
) -> None:
    shuffled = list(verdicts)
    random.shuffle(shuffled)

    one, other = combine(verdicts), combine(shuffled)

    assert one.code == other.code
    assert set(one.detail.split("; ")) == set(other.detail.split("; "))


@given(st.lists(VERDICT, min_size=1))
def test_the_combined_verdict_is_the_weightiest_with_nothing_of_the_others(
    verdicts: list[Verdict],
) -> None:
    combined = combine(verdicts)

    assert rank(combined.code) == min(rank(one.code) for one in verdicts)
    of_that_kind = {one.detail for one in verdicts if one.code == combined.code}
    assert set(combined.detail.split("; ")) == of_that_kind


def test_a_release_outweighs_everything_and_an_unknown_code_nothing() -> None:
    assert min(VERDICTS, key=rank) == "released"
    assert rank("nothing of ours") > max(map(rank, VERDICTS))


def test_every_verdict_fits_its_column_and_explains_itself() -> None:
    assert all(len(code) <= 40 for code in VERDICTS)
    assert all(len(sentence) > 10 for sentence in VERDICTS.values())


def test_a_digest_is_shown_as_docker_shows_it() -> None:
    assert short(NEW) == "b" * 12


def test_the_page_about_verdicts_has_each_of_them_once_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs" / "why.md").read_text()
    rows = [
        line.split("|")[1]
        for line in page.partition("`longshore runs` shows")[0].splitlines()
        if line.startswith("| `")
    ]

    documented = [code for row in rows for code in re.findall("`([a-z_]+)`", row)]

    assert sorted(documented) == sorted(VERDICTS)
