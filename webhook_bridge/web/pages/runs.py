# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: its hosts, where its time went, and its log."""

from __future__ import annotations

from pathlib import Path

from flask import Response, make_response, render_template

from webhook_bridge.domain.runs import Run
from webhook_bridge.operations import run_log
from webhook_bridge.operations.parameters import whole_number
from webhook_bridge.operations.run_overview import MOST_FAILURES, MOST_HOSTS, run_overview
from webhook_bridge.state_folder import RunFiles
from webhook_bridge.web.current import current_bridge
from webhook_bridge.web.log_file import log_response
from webhook_bridge.web.pages.access import demand, page_blueprint, visible_run
from webhook_bridge.web.pages.asked import TEXT, optional
from webhook_bridge.web.pages.live import Page, live
from webhook_bridge.web.pages.shows import one_run
from webhook_bridge.web.questions import Parameter, takes

blueprint = page_blueprint("run")
_PLACE = Parameter(optional(whole_number(0, 999_999_999)))


@blueprint.get("/runs/<start_of_id>")
@live(one_run)
def show_run(start_of_id: str) -> Page:
    """One run, followed by the end of its log."""
    bridge = current_bridge()
    run = visible_run(start_of_id)
    with bridge.store.read() as connection:
        overview = run_overview(connection, run)
    values = {
        "view": overview,
        "most_failures": MOST_FAILURES,
        "most_hosts": MOST_HOSTS,
        "may_operate": demand("read", run.app).may("operate", run.app),
    }
    return Page(
        "run.html",
        f"{run.kind} of {run.app}",
        values,
        here="fleet",
        rest=lambda: ("log", {"run": run, "log": run_log.last_lines(_log_of(run))}),
    )


@blueprint.get("/runs/<start_of_id>/log")
@takes(before=_PLACE, q=TEXT)
def show_log(start_of_id: str, before: int | None, q: str | None) -> str:
    """A stretch of its log, or the lines that hold a text."""
    run = visible_run(start_of_id)
    size = run_log.size_of(_log_of(run))
    found, has_more = ([], False) if q is None else run_log.search(_log_of(run), q)
    part = run_log.last_lines(_log_of(run), before=before)
    return render_template(
        "log.html",
        title=f"Log of {run.kind} {run.id[:8]}",
        here="fleet",
        run=run,
        q=q or "",
        found=found,
        has_more=has_more,
        log=part,
        extent="" if q else run_log.extent(_log_of(run), part),
        is_end=part.end >= size,
        size=size,
    )


@blueprint.get("/runs/<start_of_id>/log/part")
@takes(before=_PLACE, after=_PLACE)
def show_log_part(start_of_id: str, before: int | None, after: int | None) -> Response:
    """What a log got since a place, or what stands before one, as plain text."""
    run = visible_run(start_of_id)
    if before is not None:
        part = run_log.last_lines(_log_of(run), before=before)
    else:
        part = run_log.lines_after(_log_of(run), after or 0)
    response = make_response(part.text)
    response.mimetype = "text/plain"
    is_over = run.state != "running" and part.end >= run_log.size_of(_log_of(run))
    response.headers["Longshore-Log-Start"] = str(part.start)
    response.headers["Longshore-Log-End"] = str(part.end)
    response.headers["Longshore-Log-Over"] = "yes" if is_over else "no"
    return response


@blueprint.get("/runs/<start_of_id>/log.txt")
def download_log(start_of_id: str) -> Response:
    """All of its log so far, as a file."""
    run = visible_run(start_of_id)
    response = log_response(_log_of(run))
    response.headers["Content-Disposition"] = f'attachment; filename="{run.app}-{run.id[:8]}.log"'
    return response


def _log_of(run: Run) -> Path:
    return RunFiles.of(current_bridge().settings.state_dir, run.id).log
