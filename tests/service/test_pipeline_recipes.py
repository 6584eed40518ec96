# SPDX-License-Identifier: GPL-3.0-or-later
"""The jobs of docs/pipelines.md, against a bridge that serves: what they send, and how they end."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support import recipes
from tests.support.dispatching import report
from tests.support.installation import SECRET, Installation
from tests.support.tag_registry import tag_registry
from webhook_bridge.domain.outcomes import OutcomeWord, RunReport
from webhook_bridge.domain.runs import Work
from webhook_bridge.server import serve
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.web import create_app

V1 = f"sha256:{'1' * 64}"
SYSTEMS = ("GitHub Actions", "GitLab CI", "Jenkins")
_HOOK = '\n[hooks.ci]\nsource = "generic"\nsecret_file = "mine"\n'


@dataclass
class Served:
    """A bridge whose rollouts end as a test says, and the folder in which a job runs."""

    installation: Installation
    workspace: Path
    play: Callable[[Work], RunReport] = report

    def execute(self, _settings: object, work: Work, **_: Any) -> RunReport:
        return self.play(work)

    def job(self, step: str, *, secret: str = SECRET, **more: str) -> subprocess.Popen[str]:
        """Start a step of a job, as its system does, with a sleep that takes no time."""
        tools = self.workspace / "tools"
        tools.mkdir(exist_ok=True)
        (tools / "sleep").write_text("#!/bin/sh\nexec /bin/sleep 0.1\n")
        (tools / "sleep").chmod(0o755)
        (self.workspace / "digest").write_text(f"{V1}\n")
        image, token = self.installation.image, secret
        environ = {
            "PATH": f"{tools}:{os.environ['PATH']}",
            "LONGSHORE_URL": self.installation.url,
            "LONGSHORE_SECRET": token,
            "IMAGE": image,
            "TAG": "latest",
            "DIGEST": V1,
            "CI_REGISTRY_IMAGE": image,
            **dict.fromkeys(("JOB", "CI_JOB_ID", "BUILD_TAG"), "42-1"),
            **more,
        }
        return subprocess.Popen(
            ["sh", "-e", "-c", step],
            cwd=self.workspace,
            env=environ,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def ended(self, step: str, **more: str) -> tuple[int, str]:
        """Run a step to its end; return its exit code and what it printed."""
        out, err = (job := self.job(step, **more)).communicate(timeout=60)
        return job.returncode, out + err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "longshore"
    folder.mkdir()
    with tag_registry(latest=V1) as registry:
        installation = Installation(folder, registry=registry.host)
        installation.file.write_text(installation.file.read_text() + _HOOK)
        settings = installation.settings()
        bridge = Bridge(settings)
        made = Served(installation, tmp_path)
        bridge.dispatcher._execute = made.execute
        server = serve.listening(create_app(bridge), settings)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        bridge.intake.start()
        bridge.dispatcher.start()
        try:
            yield made
        finally:
            server.close()
            thread.join(10)
            bridge.intake.stop()
            bridge.dispatcher.stop(drain=5)
            bridge.store.close()
            bridge._lock.release()


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_ends_well_once_its_image_runs(served: Served, system: str) -> None:
    code, said = served.ended(recipes.deploy_steps()[system])

    assert code == 0, said
    assert '"state":"succeeded"' in said
    assert SECRET not in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_fails_where_its_image_was_put_back(served: Served, system: str) -> None:
    def put_back(work: Work) -> RunReport:
        words: dict[str, OutcomeWord] = {"h1": "restored", "h2": "skipped", "h3": "skipped"}
        return report(work, 2, **words)

    served.play = put_back

    code, said = served.ended(recipes.deploy_steps()[system])

    assert code == 1, said
    assert '"state":"restored"' in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_whose_rollout_takes_too_long_says_so(served: Served, system: str) -> None:
    may_end = threading.Event()

    def slow(work: Work) -> RunReport:
        assert may_end.wait(60)
        return report(work)

    served.play = slow
    try:
        code, said = served.ended(recipes.deploy_steps()[system], WAIT_SECONDS="0")
    finally:
        may_end.set()

    assert code == 124, said
    assert '"done":false' in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_that_concerns_no_app_says_why(served: Served, system: str) -> None:
    image = f"{served.installation.registry}/acme/other"
    other = {"IMAGE": image, "CI_REGISTRY_IMAGE": image}

    code, said = served.ended(recipes.deploy_steps()[system], **other)

    assert code == 4, said
    assert '"verdict":"no_app"' in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_with_a_wrong_secret_fails_at_once(served: Served, system: str) -> None:
    code, said = served.ended(recipes.deploy_steps()[system], secret="wrong" * 6)

    assert code == 22, said
    assert "401" in said


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_job_sends_its_digest_and_its_secret_stands_in_no_list_of_processes(
    tmp_path: Path, system: str
) -> None:
    curl = 'curl() { cat > head; printf "%s\\n" "$@" > sent; exit 9; }'
    (tmp_path / "digest").write_text(f"{V1}\n")
    names = ("IMAGE", "CI_REGISTRY_IMAGE", "TAG", "JOB", "CI_JOB_ID", "BUILD_TAG")
    environ = {"PATH": os.environ["PATH"], "LONGSHORE_URL": "http://x", "DIGEST": V1}

    done = subprocess.run(
        ["sh", "-c", f"{curl}\n{recipes.deploy_steps()[system]}"],
        cwd=tmp_path,
        env={**environ, **dict.fromkeys(names, "x"), "LONGSHORE_SECRET": SECRET},
        check=False,
    )

    sent = (tmp_path / "sent").read_text()
    assert done.returncode == 9
    assert f'"digest": "{V1}"' in sent
    assert SECRET not in sent
    assert (tmp_path / "head").read_text() == f"Authorization: Bearer {SECRET}\n"


_DOCKER = f"""#!/bin/sh
echo "$@" >> docker.log
case $1 in inspect) echo 'registry.example.com/acme/shop@{V1}' ;; esac
"""


@pytest.mark.parametrize("system", ["GitLab CI", "Jenkins"])
def test_a_job_hands_on_the_digest_that_it_pushed(tmp_path: Path, system: str) -> None:
    (tmp_path / "docker").write_text(_DOCKER)
    (tmp_path / "docker").chmod(0o755)
    named = ("CI_REGISTRY_PASSWORD", "CI_REGISTRY_USER", "CI_REGISTRY")
    image = dict.fromkeys(("IMAGE", "CI_REGISTRY_IMAGE"), "registry.example.com/acme/shop")
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", **dict.fromkeys(named, "x"), **image}

    subprocess.run(
        ["sh", "-e", "-c", recipes.push_steps()[system]], cwd=tmp_path, env=environ, check=True
    )

    told = {"GitLab CI": ("pushed.env", f"DIGEST={V1}\n"), "Jenkins": ("digest", f"{V1}\n")}
    file, text = told[system]
    assert (tmp_path / file).read_text() == text
    assert "push registry.example.com/acme/shop:latest" in (tmp_path / "docker.log").read_text()


def test_the_jobs_are_what_their_systems_read() -> None:
    github, gitlab = recipes.github(), recipes.gitlab()
    jenkins = recipes.block("Jenkins", "groovy")
    outside = recipes._GROOVY.sub("sh ''", jenkins)

    assert github[True]["push"]["branches"] == ["main"]
    steps = github["jobs"]["deploy"]["steps"]
    assert all(len({"uses", "run"} & set(step)) == 1 for step in steps)
    assert set(gitlab) == {"push", "deploy"}
    assert gitlab["deploy"]["needs"] == ["push"]
    assert len(recipes.jenkins()) == jenkins.count("sh '''") == 2
    assert all(outside.count(one) == outside.count(other) for one, other in ("{}", "()", "[]"))
