# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tags an app follows, and which of them is the newest: pure decisions."""

from webhook_bridge.tags.policy import ExactTag, PatternTags, SemverTags, Track

__all__ = ["ExactTag", "PatternTags", "SemverTags", "Track"]
