# SPDX-License-Identifier: GPL-3.0-or-later
"""End a run."""

from __future__ import annotations

import click

from webhook_bridge.cli.completion_ids import running_ids
from webhook_bridge.cli.follow import follow_end
from webhook_bridge.cli.installation import actor, opened_store
from webhook_bridge.cli.output import json_option, print_json, say
from webhook_bridge.config.settings import load_settings
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.operations import serializers
from webhook_bridge.operations.cancel import cancel as cancel_run


@click.command()
@click.argument("run_id", metavar="RUN", shell_complete=running_ids)
@click.option("--no-wait", is_flag=True, help="Return at once; the run ends after its batch.")
@json_option
@click.pass_context
def cancel(context: click.Context, run_id: str, *, no_wait: bool, as_json: bool) -> None:
    """End RUN after the batch that it is in.

    Hosts that it switched keep the new release, the others keep what they run.
    """
    settings = load_settings(context.obj)
    store = opened_store(settings)
    run = cancel_run(store, start_of_id=run_id, actor=actor())
    if not no_wait:
        run = follow_end(settings, store, run)
    sentence = f"run {run.id}: {run.reason or 'ends after its batch'}"
    print_json(serializers.run_view(run)) if as_json else say(sentence)
    context.exit(ExitCode.OK if run.state in ("running", "canceled") else ExitCode.FAILED)
