# SPDX-License-Identifier: GPL-3.0-or-later
"""In a checkout, the collection's folder of the environment is a link to the repository.

An installer that believed it owned files below that link would delete the repository's own.
"""

import subprocess
import sys
import zipfile
from pathlib import Path

from .conftest import CHECKOUT

BUILD = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"


def test_the_bridge_of_a_checkout_asks_the_collection_of_the_checkout():
    """And neither loads Ansible, which takes longer than all that the bridge does at its start."""
    program = (
        "import sys; from webhook_bridge.config import apps;"
        "print(sys.modules[apps.app_problems.__module__].__file__, 'ansible' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True
    )

    file, has_ansible = done.stdout.split()

    assert Path(file).resolve().is_relative_to(CHECKOUT)
    assert has_ansible == "False"


def test_a_bridge_without_its_collection_says_what_to_do():
    program = (
        "import sys; sys.modules['ansible_collections'] = None; sys.argv = ['longshore', 'check']; "
        "from webhook_bridge.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=False, stderr=subprocess.PIPE, text=True
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].endswith("in a checkout, run: make setup")


def test_an_editable_install_owns_no_file_of_the_collection(tmp_path):
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=CHECKOUT, check=True)
    (wheel,) = tmp_path.glob("*.whl")

    owned = zipfile.ZipFile(wheel).namelist()

    assert [name for name in owned if name.startswith("ansible_collections")] == []
