# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.ec2_console import Ec2Console, ec2_console


@pytest.fixture
def console() -> Iterator[Ec2Console]:
    with ec2_console() as running:
        yield running
