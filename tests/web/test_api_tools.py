# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of others against a running bridge: they import our files, and find no fault.

`npm` brings them, by the lock beside this file; npm and schemathesis need minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.api_server import ServedApi, serving_api
from tests.support.installation import TOKEN
from webhook_bridge.web.api_clients import FILES

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(1800)]
HERE = Path(__file__).parent
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedApi]:
    folder = tmp_path / "longshore"
    folder.mkdir()
    with serving_api(folder) as found:
        yield found


@pytest.fixture(scope="module")
def npm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the programs are; none of their install scripts has run."""
    assert shutil.which("npm"), "no npm: apt-get install npm, or Node's own archive, 20 or newer"
    folder = tmp_path_factory.mktemp("npm")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(HERE / "npm" / name, folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(command, cwd=folder, check=True, timeout=1200)
    shutil.copy(HERE / "npm" / "import_into_insomnia.js", folder)
    return folder


def run(command: list[str | Path], cwd: Path) -> subprocess.CompletedProcess[str]:
    # Without what would ask for news of the program, or send any.
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1", "DO_NOT_TRACK": "1"}
    return subprocess.run(
        command, cwd=cwd, env=environment, text=True, capture_output=True, timeout=900, check=False
    )


def expected_statuses(served: ServedApi) -> None:
    """Hold what was done by a collection against the bridge: it is not all refusals."""
    with served.bridge.store.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT kind, count(*) FROM event WHERE actor = 'token:api' GROUP BY kind"
        )
        kinds = {row[0] for row in found}
    assert {"release.desired", "cancel.requested", "delivery.repeated"} <= kinds


def test_newman_runs_the_postman_collection(served: ServedApi, npm: Path, tmp_path: Path) -> None:
    report = tmp_path / "newman.json"
    done = run(
        [
            npm / "node_modules/.bin/newman",
            *("run", FILES / "postman_collection.json"),
            *("-e", FILES / "postman_environment.json"),
            *("--env-var", f"baseUrl={served.url}", "--env-var", f"token={TOKEN}"),
            *("--reporters", "cli,json", "--reporter-json-export", report),
        ],
        cwd=npm,
    )

    assert done.returncode == 0, done.stdout[-4000:]
    found: dict[str, Any] = json.loads(report.read_text())["run"]
    statuses = Counter(one["response"]["code"] // 100 for one in found["executions"])
    assert found["stats"]["assertions"]["failed"] == 0
    assert found["stats"]["requests"]["total"] == len(document()["operations"])
    assert statuses[2] >= 17, statuses
    expected_statuses(served)


def test_bru_runs_the_bruno_collection(served: ServedApi, npm: Path, tmp_path: Path) -> None:
    shutil.copytree(FILES / "bruno", tmp_path / "bruno")
    report = tmp_path / "bru.json"
    done = run(
        [
            npm / "node_modules/.bin/bru",
            *("run", "-r", "--env", "Longshore"),
            *("--env-var", f"baseUrl={served.url}", "--env-var", f"token={TOKEN}"),
            *("--reporter-json", report),
        ],
        cwd=tmp_path / "bruno",
    )

    assert done.returncode == 0, done.stdout[-4000:]
    [found] = json.loads(report.read_text())
    statuses = Counter(int(one["response"]["status"]) // 100 for one in found["results"])
    assert found["summary"]["failedTests"] == found["summary"]["failedRequests"] == 0
    assert found["summary"]["totalRequests"] == len(document()["operations"])
    assert statuses[2] >= 17, statuses
    expected_statuses(served)


def document() -> dict[str, Any]:
    """Return the document, with its operations counted."""
    found = json.loads((FILES / "openapi.json").read_text())
    return {**found, "operations": [one for item in found["paths"].values() for one in item]}


@pytest.mark.parametrize(
    ("name", "kind", "auth"),
    [("openapi-3.0.json", "openapi3", "bearer"), ("postman_collection.json", "postman", None)],
)
def test_insomnia_s_importer_takes_requests_with_bodies(
    npm: Path, name: str, kind: str, auth: str | None
) -> None:
    done = run(["node", "import_into_insomnia.js", FILES / name], cwd=npm)

    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["type"] == kind
    assert len(found["requests"]) == len(document()["operations"])
    [deploy] = [one for one in found["requests"] if one["url"].endswith("/deploy")]
    assert json.loads(deploy["body"]) == {"tag": "1.4.2"}
    if auth is not None:
        assert {one["auth"] for one in found["requests"]} == {auth}


def test_schemathesis_finds_nothing(served: ServedApi, tmp_path: Path) -> None:
    done = run(
        [
            SCHEMATHESIS,
            *("--config-file", HERE / "schemathesis.toml"),
            *("run", f"{served.url}/api/v1/openapi.json"),
            *("-H", f"Authorization: Bearer {TOKEN}"),
        ],
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout[-8000:]
