# SPDX-License-Identifier: GPL-3.0-or-later
"""What digests are called, asked for as often as there are hosts."""

from __future__ import annotations

from collections import UserDict
from collections.abc import KeysView

from webhook_bridge.operations.versions import Versions

V1, V2, V3 = (f"sha256:{digit * 64}" for digit in "123")


class CountingNames(UserDict[str, str]):
    """Names that count how often all of them were read."""

    reads = 0

    def keys(self) -> KeysView[str]:
        self.reads += 1
        return super().keys()


def test_names_that_several_digests_have_are_told_apart() -> None:
    versions = Versions({V1: "1.4", V2: "latest", V3: "latest"}, {V1: "1.4.0"})

    assert versions.of(V1) == "1.4.0"
    assert versions.of(V2) == "latest (2222222)"
    assert (versions.of(""), versions.of(None)) == ("nothing", "not seen yet")
    assert versions.of(f"sha256:{'9' * 64}") == "999999999999"


def test_all_names_are_read_once_for_however_many_hosts() -> None:
    names = CountingNames({V1: "1.4"})
    versions = Versions(names)

    assert [versions.of(V1) for _ in range(300)] == ["1.4"] * 300
    assert names.reads == 1
