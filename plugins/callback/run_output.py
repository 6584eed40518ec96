# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print what ansible-core's default callback prints, but of each host only so much."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_output
type: stdout
short_description: Ansible's default output, with a limit for each host
version_added: 1.1.0
author: The Longshore developers (@longshore)
description:
  - Prints what the callback P(ansible.builtin.default#callback) prints.
  - Of one result at most 4000 characters are shown, and of all results of one host in a run at
    most 200000, so that no host fills the log of a run.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
requirements:
  - set as stdout in configuration
"""

from ansible.plugins.callback.default import CallbackModule as DefaultOutput

MAX_RESULT = 4_000
MAX_HOST = 200_000
ABOUT_A_HOST = (
    "v2_runner_item_on_failed",
    "v2_runner_item_on_ok",
    "v2_runner_item_on_skipped",
    "v2_runner_on_failed",
    "v2_runner_on_ok",
    "v2_runner_on_skipped",
    "v2_runner_on_unreachable",
    "v2_runner_retry",
)
ASIDE = ("warnings", "deprecations", "exception")


class CallbackModule(DefaultOutput):
    """Counts what was shown of each host."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "longshore.containers.run_output"

    def __init__(self):
        super().__init__()
        self._host = ""
        self._shown = {}

    def v2_on_file_diff(self, result):
        self._host = result.host.name
        super().v2_on_file_diff(result)

    def _dump_results(self, result, *args, **kwargs):
        return self._cut(super()._dump_results(result, *args, **kwargs))

    def _get_diff(self, difflist):
        return self._cut(super()._get_diff(difflist))

    def _handle_warnings_and_exception(self, result):
        # Ansible shows these from what is kept of the task, if they are in its result.
        for key in ASIDE:
            size = len(str(result.result.get(key) or ""))
            if size > self._room():
                del result.result[key]
                self._display.display(f"[{key} of {self._host} not shown: {size} characters]")
            else:
                self._count(size)
        super()._handle_warnings_and_exception(result)

    def _cut(self, shown):
        room = self._room()
        self._count(min(len(shown), room))
        if len(shown) <= room:
            return shown
        return f"{shown[:room]} [cut: {len(shown)} characters from {self._host}]"

    def _room(self):
        return max(0, min(MAX_RESULT, MAX_HOST - self._shown.get(self._host, 0)))

    def _count(self, size):
        self._shown[self._host] = self._shown.get(self._host, 0) + size


def _about_a_host(name):
    def method(self, result, *args, **kwargs):
        self._host = result.host.name
        return getattr(DefaultOutput, name)(self, result, *args, **kwargs)

    method.__name__ = name
    return method


for _name in ABOUT_A_HOST:
    setattr(CallbackModule, _name, _about_a_host(_name))
