# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS account on the loopback, and Ansible beside the files of the examples."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.aws_account import Account, aws_account
from tests.support.aws_front import AwsFront, aws_front

AWS = Path(__file__).parents[2] / "examples" / "aws"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def running_account() -> Iterator[Account]:
    with aws_account() as made:
        yield made


@pytest.fixture
def front(running_account: Account) -> Iterator[AwsFront]:
    with aws_front(running_account) as running:
        yield running


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A folder as docs/aws.md has one begin: a copy of the example, and the key for the hosts."""
    folder = tmp_path / "acme"
    shutil.copytree(AWS, folder)
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "longshore"]
    subprocess.run(key, cwd=folder, check=True, timeout=60)
    return folder


@pytest.fixture
def run(tmp_path: Path, example: Path) -> Run:
    """Run a program of Ansible's in the folder of the example, with nobody's credentials."""

    def run(
        program: str, *arguments: str, environ: dict[str, str], **extra: Any
    ) -> subprocess.CompletedProcess[str]:
        known = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        own = {"ANSIBLE_HOME": str(tmp_path / "ansible"), "ANSIBLE_NOCOLOR": "true"}
        more = ["-e", json.dumps(extra)] if extra else []
        return subprocess.run(
            [Path(sys.executable).with_name(program), *arguments, *more],
            cwd=example,
            env={**known, **own, **environ},
            capture_output=True,
            text=True,
            check=False,
            timeout=1200,
        )

    return run
