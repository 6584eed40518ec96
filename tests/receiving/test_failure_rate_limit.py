# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from webhook_bridge.receiving.failure_rate_limit import _MOST_KEYS, Allowance, FailureLimit


def test_failures_are_free_until_the_allowance_is_used_up_and_then_cost_a_wait() -> None:
    limit = FailureLimit(Allowance(burst=3, per_second=0.5))

    waits = [limit.wait_after(["a"], now=10) for _ in range(4)]

    assert waits == [0, 0, 0, 2]
    assert limit.wait_after(["b"], now=10) == 0
    assert limit.wait_after(["a"], now=12) == 0
    assert limit.wait_after(["a"], now=12) == 2


def test_one_used_up_key_is_enough_to_have_to_wait() -> None:
    limit = FailureLimit(Allowance(burst=1, per_second=1))
    limit.wait_after(["hook x"], now=0)

    assert limit.wait_after(["hook x", "address 192.0.2.1"], now=0) == 1


def test_the_table_does_not_grow_with_what_strangers_send() -> None:
    limit = FailureLimit(Allowance(burst=1, per_second=1))

    for number in range(_MOST_KEYS + 500):
        limit.wait_after([f"address {number}"], now=0)

    assert len(limit._buckets) == _MOST_KEYS


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_a_wait_is_never_longer_than_one_failure_takes_to_refill(moments: list[float]) -> None:
    limit = FailureLimit(Allowance(burst=2, per_second=0.5))

    assert all(0 <= limit.wait_after(["a"], now=at) <= 2 for at in sorted(moments))
