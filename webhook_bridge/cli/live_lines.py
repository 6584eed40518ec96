# SPDX-License-Identifier: GPL-3.0-or-later
"""A line for each host while a run goes on, and a box for each that failed.

On a terminal the hosts that are being worked on stand below those that are done, and move on.
Without one every host is one plain line when it is done. A sign and a word say how it ended, the
colour only repeats it; `NO_COLOR` takes it away.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from webhook_bridge.cli.output import draw, printable
from webhook_bridge.domain.run_steps import WITHIN_SWITCH

_SIGNS = {
    "updated": ("✔", "+", "green"),
    "unchanged": ("✔", "+", "green"),
    "restored": ("↺", "<", "yellow"),
    "failed": ("✘", "x", "red"),
    "unreachable": ("○", "o", "yellow"),
    "registry_trouble": ("○", "o", "yellow"),
    "skipped": ("-", "-", ""),
}
_UNKNOWN = ("?", "?", "")
_IN_A_BOX = ("restored", "failed")
_NEXT = {"preflight": "stage", "stage": "waits for its batch"}
_MOST_ACTIVE = 8
_TIMES_A_SECOND = 4


class LiveLines:
    """Shows the events of one run; to be used in a `with` block."""

    def __init__(self, *, err: bool) -> None:
        """Write to standard output, or with `err` to standard error."""
        self._console = Console(stderr=err, highlight=False)
        self._active: dict[str, tuple[str, float]] = {}
        self._took: dict[str, float] = {}
        self._live = Live(
            get_renderable=self._working,
            console=self._console,
            refresh_per_second=_TIMES_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )

    def __enter__(self) -> Self:
        """Begin to draw, where there is a terminal."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave the lines of hosts that are done."""
        self._live.stop()

    def show(self, event: dict[str, Any]) -> None:
        """Show one event of the callback plugin; what is about no host is passed over."""
        kind = event["event"]
        if kind == "expected":
            self._active = dict.fromkeys(event["hosts"], ("pre-flight", event["at"]))
        elif kind == "batch":
            found = [host for host in event["hosts"] if host in self._active]
            self._active.update(dict.fromkeys(found, ("switch", event["at"])))
        elif kind == "host_step":
            self._take_step(event)
        elif kind == "outcome":
            self._settle(event)
        elif kind == "stopped":
            draw(
                self._console, Text(printable(f"no further batch: {event['why']}"), style="yellow")
            )

    def _take_step(self, event: dict[str, Any]) -> None:
        host = event["host"]
        if event["step"] in WITHIN_SWITCH:
            return
        self._took[host] = self._took.get(host, 0.0) + event["ended"] - event["began"]
        if host in self._active and event["step"] in _NEXT:
            self._active[host] = (_NEXT[event["step"]], event["ended"])

    def _settle(self, event: dict[str, Any]) -> None:
        self._active.pop(event["host"], None)
        for line in self._outcome(event):
            draw(self._console, line)

    def _outcome(self, event: dict[str, Any]) -> list[Text | Panel]:
        host, word = printable(str(event["host"])), printable(str(event["outcome"]))
        sign, plain, style = _SIGNS.get(word, _UNKNOWN)
        seconds = self._took.get(event["host"])
        took = "" if seconds is None else f" {seconds:.1f} s"
        said = "" if word == "updated" else f"  {word}"
        line = Text(f"{self._sign(sign, plain)} {host}{took}{said}", style=style)
        reason = printable(str(event.get("reason") or ""))
        if word not in _IN_A_BOX:
            return [
                line if word in ("updated", "unchanged") or not reason else line + f": {reason}"
            ]
        log = [printable(str(one)) for one in event.get("log") or []]
        if not self._console.is_terminal:
            return [line.append(f": {reason}"), *(Text(f"  {host} | {one}") for one in log)]
        inside = Text("\n".join([reason, *log]))
        return [line, Panel(inside, title=Text(f"{host}: {word}"), border_style=style)]

    def _sign(self, sign: str, plain: str) -> str:
        """Return the sign, or one in ASCII where the terminal's encoding has no other."""
        try:
            sign.encode(self._console.encoding)
        except UnicodeError:
            return plain
        return sign

    def _working(self) -> Group:
        """Return a line for each of the hosts that are being worked on, those in a batch first."""
        busy = sorted(self._active.items(), key=lambda one: one[1][0] != "switch")
        now = time.time()
        lines = [
            Text(printable(f"  {host}  {doing} {max(0.0, now - since):.0f} s"), style="cyan")
            for host, (doing, since) in busy[:_MOST_ACTIVE]
        ]
        more = len(busy) - _MOST_ACTIVE
        return Group(*lines, *([Text(f"  and {more} more hosts")] if more > 0 else []))
