# SPDX-License-Identifier: GPL-3.0-or-later
"""What an image's labels say of it: its author's words, bounded and cleaned.

Facts: the pre-defined annotation keys of the OCI image specification 1.1 (annotations.md), which
builders write as labels into an image's configuration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_PREFIX = "org.opencontainers.image."
_LONGEST = {"version": 64, "revision": 64, "source": 300, "created": 40}
# RFC 3339, as the specification demands it of `created`.
_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_COMMIT = re.compile(r"[0-9a-f]{12,64}")
_SHORT_COMMIT = 7


@dataclass(frozen=True)
class ImageLabels:
    """What the author of an image says of it; empty where nothing is said.

    `version` and `revision` (of the source code), `source` (where that is kept) and `created`, when
    the image was built, in RFC 3339.
    """

    version: str = ""
    revision: str = ""
    source: str = ""
    created: str = ""

    @property
    def short_revision(self) -> str:
        """Return the revision as people name it: the first seven digits of a commit."""
        is_commit = _COMMIT.fullmatch(self.revision) is not None
        return self.revision[:_SHORT_COMMIT] if is_commit else self.revision

    @property
    def source_url(self) -> str | None:
        """Return the source where it is a link that may be shown as one: http or https."""
        return self.source if self.source.startswith(("https://", "http://")) else None


def read_labels(labels: object) -> ImageLabels:
    """Return what an image's labels say, each within its bounds, without control characters.

    What is longer than its bounds is cut and ends with an ellipsis; a `created` that is no time is
    left out.
    """
    found = labels if isinstance(labels, Mapping) else {}
    said = {key: _text(found.get(_PREFIX + key), longest) for key, longest in _LONGEST.items()}
    if _MOMENT.fullmatch(said["created"]) is None:
        said["created"] = ""
    return ImageLabels(**said)


def version_text(labels: ImageLabels | None, tag: str | None) -> str | None:
    """Return what people call a digest: the version of its labels, else its tag; None for neither.

    A version stands with the revision, if there is one: `1.4.2 (0f3a9c1)`.
    """
    if labels is None or not labels.version:
        return tag
    revision = labels.short_revision
    return f"{labels.version} ({revision})" if revision else labels.version


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str):
        return ""
    # Only the beginning is looked at: how long a label is, others choose.
    start = "".join(c if c.isprintable() else " " for c in value[: 4 * longest])
    text = " ".join(start.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
