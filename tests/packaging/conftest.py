# SPDX-License-Identifier: GPL-3.0-or-later
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
NOT_FROM_THE_LOCK = ("longshore", "_longshore", "ansible_collections")


def build(*kinds: str, into: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(into), *kinds]
    subprocess.run([*command, str(CHECKOUT)], check=True, stdout=subprocess.PIPE)
    return next(into.glob("*.whl"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    return build("--wheel", into=tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def wheel_from_sdist(tmp_path_factory) -> Path:
    """Without a kind, build makes the wheel from the source archive."""
    return build(into=tmp_path_factory.mktemp("sdist"))


def link_dependencies(target: Path) -> None:
    """Put what the lock installed into another environment, but nothing of this checkout.

    The collections folder is a real one, as after `pip install ansible`: the wheel adds to it.
    """
    source = Path(sysconfig.get_path("purelib"))
    for entry in source.iterdir():
        if not entry.name.startswith(NOT_FROM_THE_LOCK) and not (target / entry.name).exists():
            (target / entry.name).symlink_to(entry)
    (target / "ansible_collections").mkdir()
    for entry in (source / "ansible_collections").iterdir():
        if entry.name != "longshore":
            (target / "ansible_collections" / entry.name).symlink_to(entry)


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory) -> Path:
    """An environment into which a user has installed the wheel, with pip and no configuration."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True, symlinks=True)
    python = home / "bin" / "python"
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    link_dependencies(home / "lib" / version / "site-packages")
    install = [python, "-m", "pip", "--isolated", "install", "--quiet", "--no-index", wheel]
    subprocess.run(install, check=True)
    return home
