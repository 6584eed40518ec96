# SPDX-License-Identifier: GPL-3.0-or-later
"""A few rounds of random faults; `make chaos` plays as many as it is told."""

from collections.abc import Iterator

import pytest

from fleet import Fleet
from fleet.chaos import faults
from fleet.chaos.campaign import Campaign
from fleet.chaos.plan import plan
from fleet.service import serving

# The same rounds each time: what they find can be found again.
_SEED = 2511
_ROUNDS = 3


def test_the_same_seed_gives_the_same_rounds_and_another_one_others() -> None:
    def rounds(seed: int) -> list[str]:
        plans = (plan(seed, number, faults=faults.NAMES, hosts=3) for number in range(1, 31))
        return [str((one.image, one.blows)) for one in plans]

    assert rounds(1) == rounds(1)
    assert rounds(1) != rounds(2)


def test_a_round_hurts_a_thing_that_all_hosts_share_once() -> None:
    plans = [
        plan(seed, 1, faults=faults.NAMES, one_of=faults.ONE_OF, hosts=3) for seed in range(500)
    ]

    for one in plans:
        names = {blow.fault for blow in one.blows}
        assert all(len(group & names) <= 1 for group in faults.ONE_OF), one


@pytest.fixture(scope="module")
def campaign(running_fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Campaign]:
    running_fleet.reset()
    with serving(tmp_path_factory.mktemp("chaos"), running_fleet) as service:
        campaign = Campaign(service, _SEED)
        campaign.establish()
        yield campaign


@pytest.mark.fleet
@pytest.mark.nightly
@pytest.mark.parametrize("number", range(1, _ROUNDS + 1))
def test_after_a_round_of_faults_each_host_serves_what_it_should(
    campaign: Campaign, number: int
) -> None:
    wanted = campaign.round(number)
    print(wanted)

    assert campaign.play(wanted) == []
