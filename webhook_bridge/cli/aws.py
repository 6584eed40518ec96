# SPDX-License-Identifier: GPL-3.0-or-later
"""What is for hosts on AWS alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click

from webhook_bridge.cli.lazy_group import examples_text
from webhook_bridge.cli.output import say
from webhook_bridge.domain.exit_codes import ExitCode
from webhook_bridge.errors import LongshoreError
from webhook_bridge.host_keys import KnownHosts, host_keys

# docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html: 8 or 17 characters, in hexadecimal.
_INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_NO_KEYS = (
    "its console output has no SSH host keys yet: cloud-init prints them at the end of the first "
    "boot, and they are asked for again with the next connection. Where it booted long ago, or has "
    "no cloud-init, see docs/aws.md, Host keys"
)


def _instances(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> tuple[str, ...]:
    del context, parameter
    for name in value:
        if not _INSTANCE.fullmatch(name):
            raise click.BadParameter(
                f"'{name}' is not the id of an instance, for example i-0123456789abcdef0"
            )
    return value


@click.group()
def aws() -> None:
    """Do what is for hosts on AWS alone; it needs pip install 'longshore[aws]'."""


@aws.command("known-hosts", epilog=examples_text("longshore aws known-hosts i-0123456789abcdef0"))
@click.argument("instances", nargs=-1, required=True, metavar="INSTANCE...", callback=_instances)
@click.option("--region", help="The instances' region.  [default: what boto3 is configured for]")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("~/.ssh/known_hosts"),
    show_default=True,
    help="Where ssh looks.",
)
def known_hosts(instances: tuple[str, ...], region: str | None, file: Path) -> None:
    """Print the SSH host keys of each INSTANCE, by its id, as lines for ssh.

    What the file does not have is learned from the instance's console output, by way of AWS, and
    added to it; what it has is never changed. ssh asks by itself, with -o HostKeyAlias=INSTANCE -o
    KnownHostsCommand="/PATH/TO/longshore aws known-hosts %k"
    """
    known = KnownHosts(file.expanduser())
    failed = False
    for instance in instances:
        try:
            lines = known.lines_of(instance) or _learned(known, instance, region)
        except LongshoreError as error:
            say(f"longshore: {instance}: {error}", err=True)
            failed = True
        else:
            for line in lines:
                say(line)
    raise click.exceptions.Exit(ExitCode.FAILED if failed else ExitCode.OK)


def _learned(known: KnownHosts, instance: str, region: str | None) -> list[str]:
    keys = host_keys(_console_output()(instance, region=region))
    if not keys:
        raise LongshoreError(_NO_KEYS)
    return known.add(instance, keys)


def _console_output() -> Callable[..., str]:
    """Import what asks AWS where that is needed: boto3 takes half a second."""
    try:
        from webhook_bridge.host_keys.ec2 import console_output  # noqa: PLC0415 -- boto3 is an extra
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in ("boto3", "botocore"):
            raise
        raise LongshoreError(
            "its console output is asked for with the package boto3, which is not installed: "
            "pip install 'longshore[aws]'"
        ) from None
    return console_output
