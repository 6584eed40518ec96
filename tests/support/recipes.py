# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell parts of the jobs in docs/pipelines.md, as each of the three systems would run them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_DOC = Path(__file__).parents[2] / "docs" / "pipelines.md"
_GROOVY = re.compile(r"sh '''(.*?)'''", re.DOTALL)


def block(heading: str, language: str) -> str:
    """Return the first code block of a language below a heading of the page."""
    part = _DOC.read_text().partition(f"\n## {heading}\n")[2]
    return part.partition(f"```{language}\n")[2].partition("\n```\n")[0] + "\n"


def github() -> dict[str, Any]:
    """Return the workflow; YAML 1.1 reads its key `on` as true."""
    return dict(yaml.safe_load(block("GitHub Actions", "yaml")))


def gitlab() -> dict[str, Any]:
    return dict(yaml.safe_load(block("GitLab CI", "yaml")))


def jenkins() -> list[str]:
    """Return the `sh` steps of the Jenkinsfile, as Groovy reads their strings."""
    steps = _GROOVY.findall(block("Jenkins", "groovy"))
    return [one.replace("\\\n", "").replace("\\\\", "\\") for one in steps]


def deploy_steps() -> dict[str, str]:
    """Return the step that calls the hook and waits, by the name of the system."""
    steps = github()["jobs"]["deploy"]["steps"]
    return {
        "GitHub Actions": str(steps[-1]["run"]),
        "GitLab CI": str(gitlab()["deploy"]["script"][0]),
        "Jenkins": jenkins()[1],
    }


def push_steps() -> dict[str, str]:
    """Return the step that builds and pushes with docker; that of GitHub is an action."""
    return {"GitLab CI": str(gitlab()["push"]["script"][0]), "Jenkins": jenkins()[0]}
