# SPDX-License-Identifier: GPL-3.0-or-later
"""One app as the inventory declares it: the values that its fields become."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Any, Literal

from ansible_collections.longshore.containers.plugins.module_utils._image_name import read_image
from pydantic import BeforeValidator, Field

from webhook_bridge.config.durations import Duration
from webhook_bridge.config.health import Health
from webhook_bridge.config.rollout import Rollout
from webhook_bridge.config.signature import Signature
from webhook_bridge.config.table import Table
from webhook_bridge.domain.references import ImageName
from webhook_bridge.tags import ExactTag
from webhook_bridge.tags.schema import TrackField


def _image(value: object) -> ImageName:
    return value if isinstance(value, ImageName) else ImageName(*read_image(value))


class App(Table):
    """One container that is kept up to date on a set of hosts.

    Before anything of an entry becomes a value here, the collection's rules have accepted it: see
    `app_problems` in plugins/plugin_utils/_app_entry.py, and `load_apps`.
    """

    image: Annotated[ImageName, BeforeValidator(_image)]
    track: TrackField = ExactTag("latest")
    min_age: Duration = 0.0
    signature: Signature | None = None
    hosts: str
    container: dict[str, Any] = Field(default_factory=dict)
    health: Health = Health()
    switch: Literal["stop_first", "start_first"] = "stop_first"
    rollout: Rollout = Rollout()
    drift: Literal["report", "correct"] = "report"
    keep: int = 2

    @property
    def options_fingerprint(self) -> str:
        """What a digest is tried with, in 12 hexadecimal digits: other options, another try.

        Of the app's entry as it stands: what its templates mean on the hosts is not known here.
        """
        options = self.model_dump(include={"container", "health", "switch"})
        text = json.dumps(options, sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).hexdigest()[:12]
