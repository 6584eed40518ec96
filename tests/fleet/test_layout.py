# SPDX-License-Identifier: GPL-3.0-or-later
from pathlib import Path

import pytest

from fleet import Fleet, FleetError
from fleet.layout import MAX_HOSTS, Layout, default_state

LONG_NAME = "a-name-too-long-for-linux"


def layout(name: str = "web", subnet: str = "10.9.8", state: str = "/srv/fleet") -> Layout:
    return Layout(name, subnet, Path(state))


@pytest.mark.parametrize("name", ["web", "longshore", "longshore-test", LONG_NAME])
def test_every_interface_name_fits_what_linux_allows(name: str) -> None:
    names = [layout(name).bridge, layout(name).veth(MAX_HOSTS)]

    assert all(len(interface) <= 15 for interface in names)


def test_long_names_that_begin_alike_get_different_interfaces() -> None:
    assert layout(LONG_NAME).bridge != layout(f"{LONG_NAME}-b").bridge


def test_no_two_hosts_or_neighbouring_fleets_share_a_docker_network() -> None:
    networks = [
        layout(subnet=subnet).docker_bridge(number)
        for subnet in ("10.77.0", "10.78.0", "10.78.1")
        for number in (1, 2, MAX_HOSTS)
    ]

    assert sorted(set(networks)) == [
        *(f"100.{64 + 13}.{10 + number}.1/24" for number in (1, 2, MAX_HOSTS)),
        *(f"100.{64 + 14}.{10 + number}.1/24" for number in (1, 2, MAX_HOSTS)),
        *(f"100.{64 + 15}.{10 + number}.1/24" for number in (1, 2, MAX_HOSTS)),
    ]


def test_every_network_card_has_an_address_of_its_own() -> None:
    cards = [layout().hardware_address(number) for number in range(MAX_HOSTS + 1)]

    assert cards[:2] == ["02:00:0a:09:08:01", "02:00:0a:09:08:0b"]
    assert len(set(cards)) == MAX_HOSTS + 1


@pytest.mark.parametrize("subnet", ["10.77", "10.77.0.0", "10.77.256", "10.077.0", "x.y.z", ""])
def test_a_subnet_that_is_none_is_named_in_the_error(subnet: str) -> None:
    with pytest.raises(FleetError, match="give three octets"):
        layout(subnet=subnet)


@pytest.mark.parametrize("name", ["", "Web", "-web", "../x", "web_1"])
def test_a_name_that_is_none_is_named_in_the_error(name: str) -> None:
    with pytest.raises(FleetError, match="use a-z, 0-9 and -"):
        layout(name)


def test_a_state_folder_too_deep_for_sockets_is_refused() -> None:
    with pytest.raises(FleetError, match="at most 80 characters"):
        layout(state="/srv/" + "x" * 80)


def test_a_relative_state_folder_is_taken_from_the_working_folder() -> None:
    assert Fleet("web", 1, state=Path("x")).layout.state == Path("x").absolute()


@pytest.mark.parametrize("hosts", [0, -1, MAX_HOSTS + 1])
def test_a_number_of_hosts_out_of_range_is_refused(hosts: int) -> None:
    with pytest.raises(FleetError, match="give a number from 1 to 50"):
        Fleet("web", hosts)


def test_each_fleet_has_a_state_folder_of_its_own() -> None:
    assert default_state("web") != default_state("shop")
