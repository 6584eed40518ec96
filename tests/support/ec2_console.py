# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2 on the loopback: GetConsoleOutput alone, for moto's always says the same text."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

from tests.support.aws_account import ENVIRON

_OUTPUT = """<GetConsoleOutputResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/">
<requestId>r</requestId><instanceId>{0}</instanceId><output>{1}</output></GetConsoleOutputResponse>"""
_ERROR = """<Response><Errors><Error><Code>{0}</Code><Message>{1}</Message></Error></Errors>
<RequestID>r</RequestID></Response>"""


class Ec2Console(ThreadingHTTPServer):
    """What each instance printed; one of `without_latest` is not of the Nitro System."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.printed: dict[str, str] = {}
        self.without_latest: set[str] = set()
        self.asked: list[str] = []

    @property
    def environ(self) -> dict[str, str]:
        """What makes boto3 ask this one, and nobody else."""
        return {**ENVIRON, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_port}"}

    def answer(self, instance: str, *, latest: bool) -> tuple[int, str]:
        self.asked.append(instance)
        if instance not in self.printed:
            sentence = f"The instance ID '{instance}' does not exist"
            return 400, _ERROR.format("InvalidInstanceID.NotFound", sentence)
        if latest and instance in self.without_latest:
            return 400, _ERROR.format("UnsupportedOperation", "This instance type is older")
        text = base64.b64encode(self.printed[instance].encode()).decode()
        return 200, _OUTPUT.format(instance, text)


class _Handler(BaseHTTPRequestHandler):
    server: Ec2Console

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        assert asked["Action"] == "GetConsoleOutput"
        latest = asked.get("Latest") == "true"
        status, text = self.server.answer(asked["InstanceId"], latest=latest)
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def ec2_console() -> Iterator[Ec2Console]:
    """Run one until the block ends."""
    server = Ec2Console()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def printed_keys(*keys: str) -> str:
    """Return what an instance prints at its first boot, these keys in the middle."""
    lines = [
        "[    0.000000] Linux version 6.1.0-27-cloud-amd64",
        "ec2: -----BEGIN SSH HOST KEY FINGERPRINTS-----",
        "ec2: 256 SHA256:mW7dx7bVIQ4UvzUXpF7DiFQ5wLVL2IYuPzc1T0eyYIo root@ip-10-77-1-5 (ED25519)",
        "ec2: -----END SSH HOST KEY FINGERPRINTS-----",
        "-----BEGIN SSH HOST KEY KEYS-----",
        *(f"{key} root@ip-10-77-1-5" for key in keys),
        "-----END SSH HOST KEY KEYS-----",
        "[   31.415926] cloud-init[612]: Cloud-init v. 22.4.2 finished",
    ]
    return "\r\n".join(lines) + "\r\n"
