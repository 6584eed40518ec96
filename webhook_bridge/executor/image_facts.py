# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run is told of its image, so that hosts can be checked before one of them is changed."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping

from webhook_bridge.domain.references import InvalidReference, parse_image_name
from webhook_bridge.domain.runs import Work
from webhook_bridge.registry.client import ImageContents, RegistryAccess, RegistryClient
from webhook_bridge.registry.errors import RegistryError

_log = logging.getLogger(__name__)
# Only these bring an image to hosts that may not have it yet.
_KINDS = ("deploy", "rollback", "catch_up", "reconcile")
_MOST_PLATFORMS = 32
# The run waits for the answer.
_LONGEST_S = 5.0


def image_facts(registries: Mapping[str, RegistryAccess], work: Work) -> Mapping[str, object]:
    """Return what the registry says of a run's image; nothing where it does not say.

    A run never fails for want of it: the hosts pull for themselves.
    """
    if work.run.kind not in _KINDS:
        return {}
    answers: queue.SimpleQueue[Mapping[str, object]] = queue.SimpleQueue()
    # Resolving a name has no limit of its own: whoever does not answer in time is left behind.
    asking = threading.Thread(target=lambda: answers.put(_ask(registries, work)), daemon=True)
    asking.start()
    try:
        return answers.get(timeout=_LONGEST_S)
    except queue.Empty:
        _log.info("run %s: its registry does not say in time what its image is", work.run.id)
        return {}


def _ask(registries: Mapping[str, RegistryAccess], work: Work) -> Mapping[str, object]:
    try:
        image = parse_image_name(work.release.image)
        client = RegistryClient(registries, timeout_s=_LONGEST_S)
        return facts_of(client.contents_of(image, work.release.digest))
    except (RegistryError, InvalidReference) as error:
        _log.info("run %s: nothing is known of its image: %s", work.run.id, error)
        return {}


def facts_of(contents: ImageContents) -> Mapping[str, object]:
    """Return the facts as the playbooks take them: `platforms` and `bytes`, where known."""
    facts: dict[str, object] = {}
    if contents.platforms:
        facts["platforms"] = list(contents.platforms[:_MOST_PLATFORMS])
    if contents.size is not None:
        facts["bytes"] = contents.size
    return facts
