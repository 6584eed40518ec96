# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of an Auto Scaling group of moto that are the hosts of a fleet.

moto invents addresses: an instance gets that of a host as a tag, and the inventory goes by it.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import yaml

from fleet import Fleet, Host
from fleet.bridge import Bridge
from fleet.observe import running_digests
from tests.support.aws_account import ENVIRON, REGION, Account

GROUP = "shop"
_THROTTLED = (
    b"<Response><Errors><Error><Code>RequestLimitExceeded</Code>"
    b"<Message>Request limit exceeded.</Message></Error></Errors></Response>"
)
# docs.aws.amazon.com/autoscaling "Amazon EC2 Auto Scaling event reference".
LAUNCHED = {
    "version": "0",
    "id": "3e3c153a-8339-4e30-8c35-687ebef853fe",
    "detail-type": "EC2 Instance Launch Successful",
    "source": "aws.autoscaling",
    "account": "123456789012",
    "region": REGION,
    "detail": {"EC2InstanceId": "i-0123456789abcdef0", "AutoScalingGroupName": GROUP},
}
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
    """Stands before an account, and throttles all that is asked while it is told to.

    `refused` has the actions that met this.
    """

    daemon_threads = True
    throttled = False

    def __init__(self, account: Account) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.refused: set[str] = set()
        self.behind = account.endpoint.removeprefix("http://")

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *args: object) -> None:
        """Keep quiet about clients that hang up, as in the middle of a long poll."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Gate)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, answer = self._throttle(body) if self.server.throttled else self._pass_on(body)
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _throttle(self, body: bytes) -> tuple[int, bytes]:
        assert isinstance(self.server, Gate)
        self.server.refused.update(parse_qs(body.decode()).get("Action", ()))
        return 503, _THROTTLED

    def _pass_on(self, body: bytes) -> tuple[int, bytes]:
        assert isinstance(self.server, Gate)
        with closing(http.client.HTTPConnection(self.server.behind, timeout=30)) as connection:
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
        self._meet()

    def end(self, instance: str) -> None:
        """End one, as AWS ends it: the group has one less, and its host is off."""
        host = self.hosts[instance]
        self._groups.terminate_instance_in_auto_scaling_group(
            InstanceId=instance, ShouldDecrementDesiredCapacity=True
        )
        self._meet()
        host.power_off()

    def _meet(self) -> None:
        """Know the instances that there are now, and no others."""
        running = {one["InstanceId"] for one in self._instances()}
        for gone in set(self.hosts) - running:
            self._free.append(self.hosts.pop(gone))
        for new in sorted(running - set(self.hosts)):
            self.hosts[new] = self._free.pop(0)
            tag = {"Key": "Address", "Value": self.hosts[new].address}
            self._ec2.create_tags(Resources=[new], Tags=[tag])

    def serves(self, bridge: Bridge, digest: str) -> bool:
        """Say whether all instances run a digest, and the bridge knows no other host any more."""
        if any(running_digests(host) != [digest] for host in self.hosts.values()):
            return False
        return [one["host"] for one in bridge.app()["observed"]] == sorted(self.hosts)

    def _instances(self) -> list[dict[str, Any]]:
        found = self._groups.describe_auto_scaling_groups(AutoScalingGroupNames=[GROUP])
        return list(found["AutoScalingGroups"][0]["Instances"])


def bridge_on_aws(folder: Path, fleet: Fleet, *, queue: str, endpoint: str) -> Bridge:
    """Make a bridge whose hosts are what an account says, and whose hook has a queue there.

    The environment that it is started in needs ENVIRON and the inventory's AWS_ENDPOINT_URL.
    """
    folder.mkdir()
    made = Bridge(folder, fleet)
    _write_inventory(folder / "inventory", fleet)
    file = folder / "longshore.toml"
    names = json.dumps([*ENVIRON, "AWS_ENDPOINT_URL"])
    text = file.read_text().replace("[ansible]\n", f"[ansible]\nenvironment = {names}\n")
    file.write_text(
        f'{text}\n[inventory]\nevery = "4s"\n[hooks.ecr]\nsource = "ecr"\n[hooks.ecr.queue]\n'
        f'url = "{queue}"\nregion = "{REGION}"\nendpoint_url = "{endpoint}"\n'
    )
    return made


def _write_inventory(folder: Path, fleet: Fleet) -> None:
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
