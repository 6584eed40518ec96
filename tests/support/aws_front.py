# SPDX-License-Identifier: GPL-3.0-or-later
"""In front of moto's server: remembers what was asked, and answers what moto cannot as AWS does."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.support.aws_account import ENVIRON, REGION, Account

Asked = dict[str, str]
Answer = tuple[int, str] | None
_DRAINING = """<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">
<DescribeTargetHealthResult><TargetHealthDescriptions><member><Target><Id>{0}</Id><Port>80</Port></Target>
<TargetHealth><State>draining</State><Reason>Target.DeregistrationInProgress</Reason></TargetHealth>
</member></TargetHealthDescriptions></DescribeTargetHealthResult></DescribeTargetHealthResponse>"""
_COMPLETED = """<CompleteLifecycleActionResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>"""
_INSTANCES = """<DescribeAutoScalingInstancesResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">
<DescribeAutoScalingInstancesResult><AutoScalingInstances><member><InstanceId>{0}</InstanceId>
<AutoScalingGroupName>longshore</AutoScalingGroupName><AvailabilityZone>eu-west-1a</AvailabilityZone>
<LifecycleState>Pending:Wait</LifecycleState><HealthStatus>HEALTHY</HealthStatus>
<ProtectedFromScaleIn>false</ProtectedFromScaleIn></member></AutoScalingInstances>
</DescribeAutoScalingInstancesResult></DescribeAutoScalingInstancesResponse>"""
_REFUSED = """<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>
<Message>not authorized to perform {0}</Message></Error><RequestId>r</RequestId></ErrorResponse>"""


class AwsFront(ThreadingHTTPServer):
    """`drains` says how often a target that was taken out is still draining when asked.

    `refuses_after` names an action, and what is refused once after it. `new_instances` wait in
    their group until their lifecycle action is completed.
    """

    def __init__(self, account: Account) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.account = account
        self.asked: list[tuple[str, str]] = []
        self.drains = 0
        self.refuses_after: dict[str, str] = {}
        self.new_instances: set[str] = set()
        self._draining: dict[str, int] = {}
        self._refused = ""

    @property
    def environ(self) -> dict[str, str]:
        """What has a program ask here, and nobody else."""
        endpoint = f"http://127.0.0.1:{self.server_port}"
        return {**ENVIRON, "AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": REGION}

    def handle_error(self, *args: object) -> None:
        """Keep quiet about clients that hang up, as in the middle of a long poll."""

    def changes(self) -> list[tuple[str, str]]:
        """Return what was asked without the questions (`Describe…`)."""
        return [(action, of) for action, of in self.asked if not action.startswith("Describe")]

    def answer(self, asked: Asked) -> Answer:
        """Return what is answered in moto's place."""
        action = asked.get("Action", "")
        target = asked.get("Targets.member.1.Id") or asked.get("InstanceId") or ""
        self.asked.append((action, target))
        if action and action == self._refused:
            self._refused = ""
            return 403, _REFUSED.format(action)
        self._refused = self.refuses_after.pop(action, self._refused)
        special: Callable[[str], Answer] | None = {
            "DeregisterTargets": self._deregister,
            "DescribeTargetHealth": self._health,
            "CompleteLifecycleAction": self._complete,
            "DescribeAutoScalingInstances": lambda _: self._instance(asked),
        }.get(action)
        return special(target) if special else None

    def _deregister(self, target: str) -> Answer:
        self._draining[target] = self.drains
        return None

    def _health(self, target: str) -> Answer:
        if self._draining.get(target, 0) == 0:
            return None
        self._draining[target] -= 1
        return 200, _DRAINING.format(target)

    def _complete(self, instance: str) -> Answer:
        self.new_instances.discard(instance)
        return 200, _COMPLETED

    def _instance(self, asked: Asked) -> Answer:
        instance = asked.get("InstanceIds.member.1", "")
        return (200, _INSTANCES.format(instance)) if instance in self.new_instances else None


class _Handler(BaseHTTPRequestHandler):
    server: AwsFront

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        asked = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        status, text = self.server.answer(asked) or self._by_moto(body)
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def _by_moto(self, body: bytes) -> tuple[int, str]:
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        endpoint = self.server.account.endpoint + self.path
        request = urllib.request.Request(endpoint, body, headers)  # noqa: S310 - the loopback
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def aws_front(account: Account) -> Iterator[AwsFront]:
    """Run one until the block ends."""
    server = AwsFront(account)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
