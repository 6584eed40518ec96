# SPDX-License-Identifier: GPL-3.0-or-later
"""The command's groups and what happens to errors: exit codes that a program can act on."""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from pathlib import Path

import click

from webhook_bridge.cli.cancel import cancel
from webhook_bridge.cli.check import check
from webhook_bridge.cli.deliveries import deliveries, delivery, redeliver
from webhook_bridge.cli.deploy import deploy, rollback
from webhook_bridge.cli.events import events
from webhook_bridge.cli.exit_codes import ExitCode
from webhook_bridge.cli.hooks import hook
from webhook_bridge.cli.init import init
from webhook_bridge.cli.output import print_json, say, say_lines
from webhook_bridge.cli.reconcile import reconcile
from webhook_bridge.cli.releases import releases, unhold
from webhook_bridge.cli.remove import remove
from webhook_bridge.cli.runs import logs, runs
from webhook_bridge.cli.serve import serve
from webhook_bridge.cli.status import status
from webhook_bridge.cli.tags import tags
from webhook_bridge.errors import ConfigurationError, LongshoreError, Refused


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="longshore")
@click.option(
    "--config",
    "-c",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("longshore.toml"),
    envvar="LONGSHORE_CONFIG",
    show_default=True,
    show_envvar=True,
    help="The settings file.",
)
@click.pass_context
def longshore(context: click.Context, config: Path) -> None:
    """Keep the containers on your own hosts up to date.

    Exit codes: 0 all well, 1 a run failed or put the old container back, 2 wrong usage or
    settings, 3 some hosts could not be reached, 4 refused: nothing was changed.
    """
    context.obj = config


_COMMANDS = (
    init,
    check,
    serve,
    deploy,
    rollback,
    status,
    tags,
    releases,
    unhold,
    reconcile,
    remove,
    cancel,
    deliveries,
    runs,
    logs,
    hook,
    delivery,
    redeliver,
    events,
)
for _command in _COMMANDS:
    longshore.add_command(_command)


def main() -> None:
    """Run the command and turn errors into messages and exit codes."""
    try:
        # Not standalone: there click would tell of wrong usage in its own way only, and exit.
        sys.exit(longshore.main(standalone_mode=False) or ExitCode.OK)
    except click.ClickException as error:
        usage = io.StringIO()
        error.show(usage)
        say_lines(usage.getvalue().rstrip("\n"), err=True)
        _tell_programs("usage", error.format_message())
        sys.exit(error.exit_code)
    except click.Abort:
        say("longshore: interrupted", err=True)
        sys.exit(ExitCode.FAILED)
    except ConfigurationError as error:
        _fail(str(error), ExitCode.USAGE, name="configuration")
    except Refused as error:
        _fail(str(error), ExitCode.REFUSED, name=error.code)
    except LongshoreError as error:
        _fail(str(error), ExitCode.FAILED)
    except BrokenPipeError:
        sys.exit(ExitCode.FAILED)
    except OSError as error:
        _fail(f"{error.filename or 'the output'}: {error.strerror}", ExitCode.FAILED)
    except Exception:  # noqa: BLE001 -- its message may be what others sent
        say_lines(traceback.format_exc().rstrip("\n"), err=True)
        sys.exit(ExitCode.FAILED)


def _fail(message: str, code: ExitCode, *, name: str = "failed") -> None:
    """Say what went wrong: to people on standard error, with --json to programs as JSON too."""
    say_lines(message, before="longshore: ", err=True)
    _tell_programs(name, message)
    sys.exit(code)


def _tell_programs(name: str, message: str) -> None:
    if "--json" in sys.argv:
        with contextlib.suppress(OSError):
            print_json({"error": name, "message": message}, indent=None)
