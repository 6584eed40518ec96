# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of an Auto Scaling group of moto that are the hosts of a fleet.

moto invents addresses: an instance gets that of a host as a tag, and the inventory goes by it.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import yaml

from fleet import Fleet, Host
from tests.support.aws_account import REGION, Account

GROUP = "shop"
_THROTTLED = (
    b"<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
    b"<Message>Request limit exceeded.</Message></Error></Errors></Response>"
)
_INVENTORY = {
    "plugin": "amazon.aws.aws_ec2",
    "regions": [REGION],
    "hostnames": ["instance-id"],
    "filters": {"instance-state-name": "running", "tag-key": "Address"},
    "hostvars_prefix": "aws_",
    "groups": {"web": "true"},
    "compose": {"ansible_host": "(aws_ec2_tags | default(aws_tags)).Address"},
}


class Gate(ThreadingHTTPServer):
    """Stands before an account, and throttles all that is asked while it is told to."""

    throttled = False

    def __init__(self, account: Account) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = account.endpoint.removeprefix("http://")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Gate)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = (503, _THROTTLED) if self.server.throttled else self._pass_on(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _pass_on(self, body: bytes) -> tuple[int, bytes]:
        assert isinstance(self.server, Gate)
        connection = http.client.HTTPConnection(self.server.behind, timeout=30)
        connection.request("POST", self.path, body, dict(self.headers))
        answer = connection.getresponse()
        return answer.status, answer.read()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def gate(account: Account) -> Iterator[Gate]:
    """Serve one until the block ends."""
    with Gate(account) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield made
        made.shutdown()


class Ec2Fleet:
    """An Auto Scaling group whose instances are hosts of a fleet."""

    def __init__(self, account: Account, fleet: Fleet) -> None:
        self._ec2, self._groups = account.client("ec2"), account.client("autoscaling")
        self._free: list[Host] = list(fleet.hosts)
        self.hosts: dict[str, Host] = {}
        image = self._ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        self._groups.create_launch_configuration(
            LaunchConfigurationName=GROUP, ImageId=image, InstanceType="t3.micro"
        )
        self._groups.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchConfigurationName=GROUP,
            MinSize=0,
            MaxSize=len(self._free),
            DesiredCapacity=0,
            AvailabilityZones=[f"{REGION}a"],
        )

    def scale(self, size: int) -> None:
        """Have so many instances; each new one becomes a host that is free."""
        self._groups.set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=size)
        running = {one["InstanceId"] for one in self._instances()}
        for gone in set(self.hosts) - running:
            self._free.append(self.hosts.pop(gone))
        for new in sorted(running - set(self.hosts)):
            self.hosts[new] = self._free.pop(0)
            tag = {"Key": "Address", "Value": self.hosts[new].address}
            self._ec2.create_tags(Resources=[new], Tags=[tag])

    def _instances(self) -> list[dict[str, Any]]:
        found = self._groups.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return list(found["AutoScalingGroups"][0]["Instances"])


def write_inventory(folder: Path, fleet: Fleet) -> None:
    """Replace the hosts of a bridge's inventory by what the account says."""
    layout = fleet.layout
    static = folder / "hosts.ini"
    settings = dict(
        line.split("=", 1)
        for line in static.read_text().splitlines()
        if line.startswith("ansible_")
    )
    static.unlink()
    (folder / "aws_ec2.yml").write_text(yaml.safe_dump(_INVENTORY))
    (folder / "group_vars" / "web.yml").write_text(yaml.safe_dump(settings))
    assert layout.known_hosts.exists()
