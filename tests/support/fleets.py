# SPDX-License-Identifier: GPL-3.0-or-later
"""The fleet as fixtures.

LONGSHORE_FLEET_NAME, LONGSHORE_FLEET_SUBNET and LONGSHORE_FLEET_HOSTS choose another one than the
default, which is not the demo's: tests never touch a running demo.
"""

import os
from collections.abc import Iterator

import pytest

from fleet import Fleet
from tests.support.shop import Shop

_NAME = os.environ.get("LONGSHORE_FLEET_NAME", "longshore-test")
_SUBNET = os.environ.get("LONGSHORE_FLEET_SUBNET", "10.78.0")
_HOSTS = int(os.environ.get("LONGSHORE_FLEET_HOSTS", "3"))


@pytest.fixture(scope="session")
def running_fleet() -> Iterator[Fleet]:
    """The session's fleet as earlier tests left it. One that ran before stays up afterwards."""
    fleet = Fleet(_NAME, _HOSTS, subnet=_SUBNET)
    with fleet.reserved():
        ran_before = fleet.is_up()
        fleet.up()
        yield fleet
        if not ran_before:
            fleet.down()


@pytest.fixture
def fleet(running_fleet: Fleet) -> Fleet:
    """The session's fleet, mended, without a container, image, repository or endpoint."""
    running_fleet.reset()
    return running_fleet


@pytest.fixture
def shop(fleet: Fleet) -> Shop:
    return Shop(fleet)


@pytest.fixture
def spare_fleet() -> Iterator[Fleet]:
    """A second fleet of one host beside the session's, not yet up; gone after the test."""
    first, second, third = _SUBNET.split(".")
    spare = Fleet(f"{_NAME}-b", 1, subnet=f"{first}.{second}.{(int(third) + 1) % 256}")
    spare.down()
    yield spare
    spare.down()
