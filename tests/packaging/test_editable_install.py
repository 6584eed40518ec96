# SPDX-License-Identifier: GPL-3.0-or-later
"""In a checkout, the collection's folder of the environment is a link to the repository.

An installer that believed it owned files below that link would delete the repository's own.
"""

import subprocess
import sys
import zipfile

from .conftest import CHECKOUT

BUILD = "import sys; from hatchling.build import build_editable; build_editable(sys.argv[1])"


def test_an_editable_install_owns_no_file_of_the_collection(tmp_path):
    subprocess.run([sys.executable, "-c", BUILD, str(tmp_path)], cwd=CHECKOUT, check=True)
    (wheel,) = tmp_path.glob("*.whl")

    owned = zipfile.ZipFile(wheel).namelist()

    assert [name for name in owned if name.startswith("ansible_collections")] == []
