# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.intake.poll_budget import Budget

HUB, OTHER = "docker.io", "registry.example.com"


def test_what_was_saved_is_spent_at_once_and_then_by_the_hour() -> None:
    budget = Budget(3600)

    waits = [budget.wait(HUB, cost=1, now=0.0) for _ in range(361)]

    assert waits[:360] == [0.0] * 360
    assert waits[360] == 1.0
    assert budget.wait(HUB, cost=1, now=1.0) == 0.0


def test_each_registry_has_its_own_budget() -> None:
    budget = Budget(10)

    assert budget.wait(HUB, cost=1, now=0.0) == 0.0
    assert budget.wait(HUB, cost=1, now=0.0) > 0.0
    assert budget.wait(OTHER, cost=1, now=0.0) == 0.0


def test_a_registry_that_wants_to_be_left_alone_is() -> None:
    budget = Budget(3600)

    budget.leave_alone(HUB, until=30.0)
    budget.leave_alone(HUB, until=10.0)

    assert budget.wait(HUB, cost=1, now=5.0) == 25.0
    assert budget.wait(HUB, cost=1, now=30.0) == 0.0


def test_what_costs_more_than_can_be_saved_is_let_through_and_paid_afterwards() -> None:
    budget = Budget(10)

    assert budget.wait(HUB, cost=2, now=0.0) == 0.0
    assert budget.wait(HUB, cost=2, now=360.0) == 360.0


@given(
    st.integers(1, 5000),
    st.lists(st.tuples(st.integers(1, 3), st.floats(0, 30)), min_size=1, max_size=300),
)
def test_no_hour_has_more_questions_than_the_budget_and_what_was_saved(
    per_hour: int, questions: list[tuple[int, float]]
) -> None:
    budget, now, spent = Budget(per_hour), 0.0, 0

    for cost, pause in questions:
        now += pause
        if budget.wait(HUB, cost=cost, now=now) == 0.0:
            spent += cost

    assert spent <= max(1.0, per_hour * 0.1) + per_hour * now / 3600 + 3
