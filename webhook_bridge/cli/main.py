# SPDX-License-Identifier: GPL-3.0-or-later
"""The command's groups and what happens to errors: exit codes that a program can act on."""

from __future__ import annotations

import contextlib
import io
import sys
import traceback
from pathlib import Path

import click

from webhook_bridge.cli.completion import app_names
from webhook_bridge.cli.completion_ids import (
    delivery_ids,
    held_digests,
    known_digests,
    run_ids,
    run_or_delivery_ids,
    running_ids,
)
from webhook_bridge.cli.lazy_group import Entry, LazyGroup, examples_text
from webhook_bridge.cli.output import print_json, say, say_lines
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.errors import ConfigurationError, LongshoreError, Refused

_CLI = "webhook_bridge.cli"
_APP = {"app": app_names}
_HELD = {"app": app_names, "digest": held_digests}
_KNOWN = {"app": app_names, "digest": known_digests}
_RUN = {"run_id": run_ids}
_GOING_ON = {"run_id": running_ids}
_DELIVERY = {"delivery_id": delivery_ids}
# Each line is short enough for 80 columns.
_SECTIONS = {
    "Set up": {
        "init": Entry(
            f"{_CLI}.init",
            "Write a commented longshore.toml and an example inventory.",
            ("longshore init",),
        ),
        "check": Entry(
            f"{_CLI}.check", "Check all files; start nothing, change nothing.", ("longshore check",)
        ),
        "serve": Entry(
            f"{_CLI}.serve",
            "Receive webhooks and run deployments until a signal.",
            ("longshore --config /etc/longshore/longshore.toml serve",),
        ),
        "hook": Entry(
            f"{_CLI}.hooks", "List hooks, and rotate their secrets.", ("longshore hook list",)
        ),
        "aws": Entry(
            f"{_CLI}.aws",
            "Learn the SSH host keys of instances on AWS.",
            ("longshore aws known-hosts i-0123456789abcdef0",),
        ),
    },
    "Bring to the hosts": {
        "plan": Entry(
            f"{_CLI}.plan",
            "Show what deploying APP would do; change nothing.",
            ("longshore plan shop", "longshore plan shop --tag 1.5 --json"),
            _APP,
        ),
        "deploy": Entry(
            f"{_CLI}.deploy",
            "Bring APP to all its hosts.",
            ("longshore deploy shop --follow", "longshore deploy shop --digest 3f2a91c04b7d"),
            _APP,
        ),
        "rollback": Entry(
            f"{_CLI}.deploy",
            "Bring APP back to an earlier release.",
            ("longshore rollback shop",),
            _APP,
        ),
        "reconcile": Entry(
            f"{_CLI}.reconcile",
            "Bring hosts that differ up to date.",
            ("longshore reconcile shop",),
            _APP,
        ),
        "wait": Entry(
            f"{_CLI}.wait",
            "Wait until RUN, or what DELIVERY led to, has ended.",
            ("longshore wait 3074f6c3 --timeout 20m",),
            {"identifier": run_or_delivery_ids},
        ),
        "cancel": Entry(
            f"{_CLI}.cancel",
            "End RUN after the batch that it is in.",
            ("longshore cancel 3074f6c3",),
            _GOING_ON,
        ),
        "hold": Entry(
            f"{_CLI}.releases",
            "Keep DIGEST of APP from being deployed by itself.",
            ("longshore hold shop --reason broken-login", "longshore hold shop 3f2a91c04b7d"),
            _KNOWN,
        ),
        "unhold": Entry(
            f"{_CLI}.releases",
            "Lift the hold on DIGEST of APP.",
            ("longshore unhold shop 3f2a91c04b7d",),
            _HELD,
        ),
        "remove": Entry(
            f"{_CLI}.remove",
            "Remove what is left of an APP that left the file.",
            ("longshore remove shop",),
        ),
    },
    "Look up": {
        "status": Entry(
            f"{_CLI}.status",
            "Show what should run, and what runs where.",
            ("longshore status shop",),
            _APP,
        ),
        "inventory": Entry(
            f"{_CLI}.inventory",
            "List the hosts of each app.",
            ("longshore inventory list --read", "longshore inventory confirm shop"),
        ),
        "releases": Entry(
            f"{_CLI}.releases",
            "List the releases of APP.",
            ("longshore releases shop --limit 5",),
            _APP,
        ),
        "tags": Entry(
            f"{_CLI}.tags",
            "Show which tags of its image APP takes.",
            ("longshore tags shop",),
            _APP,
        ),
        "runs": Entry(
            f"{_CLI}.runs",
            "List runs; with RUN, what it did on each host.",
            ("longshore runs --app shop", "longshore runs 3074f6c3"),
            _RUN,
        ),
        "logs": Entry(
            f"{_CLI}.runs",
            "Print what Ansible printed in RUN.",
            ("longshore logs 3074f6c3 --follow",),
            _RUN,
        ),
        "events": Entry(
            f"{_CLI}.events",
            "List what happened, and who caused it.",
            ("longshore events --app shop --since 2h",),
        ),
    },
    "Who may do what": {
        "user": Entry(
            f"{_CLI}.users",
            "Add people who sign in; change and end what they may do.",
            ("longshore user add alice --role admin",),
        ),
        "session": Entry(
            f"{_CLI}.sessions",
            "List and end the sessions of browsers.",
            ("longshore session list",),
        ),
        "token": Entry(
            f"{_CLI}.tokens",
            "Create and revoke tokens for the API.",
            ("longshore token create ci --scope operate --app shop",),
        ),
    },
    "Deliveries of webhooks": {
        "deliveries": Entry(
            f"{_CLI}.deliveries",
            "List what the hooks received.",
            ("longshore deliveries --verdict held --since 2h",),
            _DELIVERY,
        ),
        "delivery": Entry(
            f"{_CLI}.deliveries",
            "Show one delivery, and what it led to.",
            ("longshore delivery 669b6fad",),
            _DELIVERY,
        ),
        "redeliver": Entry(
            f"{_CLI}.deliveries",
            "Take a delivery in once more.",
            ("longshore redeliver 669b6fad --dry-run",),
            _DELIVERY,
        ),
    },
}


@click.group(
    cls=LazyGroup,
    sections=_SECTIONS,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=examples_text("longshore status", "longshore deploy shop --follow"),
)
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
    settings, 3 some hosts could not be reached or differ, 4 refused: nothing was changed.
    """
    context.obj = config


# docs/adr/0016: the rules for apps are the collection's, and so are names of images.
_NO_COLLECTION = (
    "the collection longshore.containers is missing beside the bridge, which has its rules from "
    "there: install the wheel of longshore or, in a checkout, run: make setup"
)


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
        _fail(str(error), ExitCode.USAGE, name=error.code)
    except Refused as error:
        _fail(str(error), ExitCode.REFUSED, name=error.code)
    except LongshoreError as error:
        _fail(str(error), ExitCode.FAILED, name=error.code)
    except BrokenPipeError:
        sys.exit(ExitCode.FAILED)
    except OSError as error:
        _fail(f"{error.filename or 'the output'}: {error.strerror}", ExitCode.FAILED)
    except Exception as error:  # noqa: BLE001 -- its message may be what others sent
        _fail_unexpectedly(error)


def _fail_unexpectedly(error: Exception) -> None:
    if isinstance(error, ModuleNotFoundError) and str(error.name).startswith("ansible_collections"):
        _fail(_NO_COLLECTION, ExitCode.FAILED)
    say_lines("".join(traceback.format_exception(error)).rstrip("\n"), err=True)
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
