# SPDX-License-Identifier: GPL-3.0-or-later
"""The console output of an instance of Amazon EC2, asked for by boto3.

Facts: docs.aws.amazon.com/AWSEC2/latest/APIReference "GetConsoleOutput": the last 64 KB; with
`Latest` what there is now, which instances that are not of the Nitro System refuse
(`UnsupportedOperation`); without it what was there some minutes after the last start or stop.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from webhook_bridge.errors import LongshoreError

# ssh waits meanwhile, and Ansible for ssh.
_CONFIG = Config(
    connect_timeout=3,
    read_timeout=5,
    retries={"mode": "standard", "total_max_attempts": 2},
    user_agent_extra="longshore",
)


class ConsoleUnavailable(LongshoreError):
    """EC2 does not give the output; the message is its own sentence."""


def console_output(instance: str, *, region: str | None) -> str:
    """Return what the instance has printed, as far as EC2 has it.

    Raises ConsoleUnavailable where it does not answer, or refuses.
    """
    try:
        client = boto3.session.Session(region_name=region).client("ec2", config=_CONFIG)
        try:
            answer = client.get_console_output(InstanceId=instance, Latest=True)
        except ClientError as error:
            if _error(error).get("Code") != "UnsupportedOperation":
                raise
            answer = client.get_console_output(InstanceId=instance)
    except ClientError as error:
        found = _error(error)
        raise ConsoleUnavailable(f"{found.get('Code')}: {found.get('Message', '')}") from None
    except BotoCoreError as error:
        raise ConsoleUnavailable(str(error)) from None
    return str(answer.get("Output", ""))


def _error(error: ClientError) -> Mapping[str, Any]:
    found: Mapping[str, Any] = error.response.get("Error", {})
    return found
