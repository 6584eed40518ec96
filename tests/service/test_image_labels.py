# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from tests.support.app_rows import change_app
from tests.support.fake_registry import fake_registry
from tests.support.installation import Installation
from tests.support.labelled_image import LabelledImage
from tests.support.waiting import wait_for
from webhook_bridge.domain.releases import NewRelease
from webhook_bridge.service.bridge import Bridge
from webhook_bridge.store import releases


def test_a_serving_bridge_learns_the_versions_of_its_releases(tmp_path: Path) -> None:
    image = LabelledImage({"org.opencontainers.image.version": "1.4.2"})
    with fake_registry(image.answer) as registry:
        installation = Installation(tmp_path, registry=registry.host)
        bridge = Bridge(installation.settings())
        with bridge.store.write() as connection:
            new = NewRelease("shop", installation.image, "latest", image.digest, "deploy", "me")
            release = releases.desire(connection, new, now=1.0)
            change_app(connection, "shop", applied_generation=1)

        def version() -> str | None:
            with bridge.store.read() as connection:
                return releases.find(connection, release.id).version

        bridge.start()
        try:
            wait_for(lambda: version() == "1.4.2", "the version of the release")
        finally:
            bridge.stop()
