# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.aws_account import ENVIRON, Account, aws_account


@pytest.fixture(scope="session")
def running_account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


@pytest.fixture
def account(running_account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account that this process may use, as boto3 finds credentials by itself."""
    for name, value in ENVIRON.items():
        monkeypatch.setenv(name, value)
    return running_account
