# SPDX-License-Identifier: GPL-3.0-or-later
"""What Debian's docker-registry itself sends for a push of skopeo's, and sends again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.support.installation import SECRET, Installation
from tests.support.real_registry import PASSWORD, USER, RealRegistry, real_registry
from tests.support.serving import serving
from tests.support.waiting import wait_for
from webhook_bridge.domain.deliveries import Delivery
from webhook_bridge.store import Store, deliveries

PLATFORMS = ("linux/amd64", "linux/arm64")


def endpoint(installation: Installation) -> dict[str, object]:
    """Return what docs/sources.md says, with shorter pauses."""
    return {
        "name": "longshore",
        "url": f"{installation.url}/hooks/mine",
        "headers": {"Authorization": [f"Bearer {SECRET}"]},
        "timeout": "10s",
        "threshold": 2,
        "backoff": "200ms",
        "ignore": {"mediatypes": ["application/octet-stream"], "actions": ["pull", "mount"]},
    }


def push(registry: RealRegistry, tag: str) -> set[tuple[str, str | None]]:
    """Push an image for two platforms with skopeo; return digest and tag of each manifest."""
    children = [
        registry.push_image("made/here", f"{tag}-{number}", platform=platform)
        for number, platform in enumerate(PLATFORMS)
    ]
    index = registry.push_index("made/here", tag, children)
    command = ["skopeo", "copy", "--quiet", "--all", "--preserve-digests"]
    for side in ("src", "dest"):
        command += [f"--{side}-tls-verify=false", f"--{side}-creds={USER}:{PASSWORD}"]
    here, there = (f"docker://{registry.host}/{name}:{tag}" for name in ("made/here", "acme/shop"))
    subprocess.run([*command, here, there], check=True, timeout=60)
    return {(index, tag), *((child["digest"], None) for child in children)}


def came(installation: Installation) -> list[Delivery]:
    """Return the deliveries about the app's repository."""
    store = Store(installation.state / "longshore.db")
    with store.read() as connection:
        found = deliveries.latest(connection, limit=999)
    store.close()
    return [one for one in found if b'"acme/shop"' in one.body]


def manifests(found: list[Delivery]) -> set[tuple[str, str | None]]:
    events = [event for one in found for event in json.loads(one.body)["events"]]
    return {(event["target"]["digest"], event["target"].get("tag")) for event in events}


def test_no_push_is_lost_while_the_bridge_is_away(tmp_path: Path) -> None:
    folders = [tmp_path / "longshore", tmp_path / "registry"]
    for folder in folders:
        folder.mkdir()
    installation = Installation(folders[0])
    with real_registry(folders[1], endpoint=endpoint(installation)) as registry:
        installation.registry = registry.host
        installation.write_app("shop", track="not-pushed-here")
        installation.write_settings()
        with serving(installation):
            first = push(registry, "1.0")
            wait_for(lambda: manifests(came(installation)) == first, "the first push came")
        second = push(registry, "1.1")
        with serving(installation):
            both = first | second
            wait_for(lambda: manifests(came(installation)) == both, "the second came", seconds=30)
            wait_for(lambda: all(one.verdict for one in came(installation)), "all are decided")

    verdicts = {one.verdict for one in came(installation)}
    assert verdicts - {"duplicate"} == {"tag_not_tracked", "untagged"}
