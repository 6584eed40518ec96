# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking over HTTP and TCP, against servers in this process."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.longshore.containers.plugins.module_utils._health_gate import Health
from ansible_collections.longshore.containers.plugins.module_utils._health_probe import ask
from ansible_collections.longshore.containers.plugins.module_utils._host_run import PACKAGE

from tests.collection.containers import RUNNING
from tests.support.certificates import server_context, write_certificate

ITSELF = RUNNING._replace(address="127.0.0.1")


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        named = self.headers["Host"] == "shop.test" and self.headers["X-Probe"] == "1 2"
        status = int(self.path.strip("/")) if self.path != "/named" else 200 if named else 421
        self.send_response(status)
        self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    """Serve every status code at its path."""
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def tls_port(tmp_path: Path) -> Iterator[int]:
    """Serve every status code at its path over TLS, with a certificate that nobody knows."""
    certificate = tmp_path / "certificate.pem"
    write_certificate(certificate, "other.test")
    context = server_context(certificate)
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@contextmanager
def says(*parts: bytes) -> Iterator[int]:
    """Listen at a port for one connection, answer with these bytes and then say no more."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _address = server.accept()
            with connection:
                for part in parts:
                    connection.sendall(part)
                while connection.recv(4096):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def test_only_the_wanted_status_is_a_success_and_a_redirect_is_not_followed(port: int) -> None:
    url = f"http://container:{port}/302"

    assert ask(Health(url=url), ITSELF) == f"{url} answered 302, not 200"
    assert ask(Health(url=url, statuses=(200, 302)), ITSELF) == ""


def test_a_certificate_that_nobody_knows_is_no_failure_of_a_probe(tls_port: int) -> None:
    url = f"https://container:{tls_port}"

    assert ask(Health(url=f"{url}/200"), ITSELF) == ""
    assert ask(Health(url=f"{url}/503"), ITSELF) == f"{url}/503 answered 503, not 200"


def test_a_port_without_tls_fails_a_probe_over_https(port: int) -> None:
    url = f"https://container:{port}/200"

    assert ask(Health(url=url), ITSELF).startswith(f"{url} cannot be reached: ")


def test_a_probe_over_https_works_where_http_client_came_without_ssl(tls_port: int) -> None:
    """As in the program that a host runs."""
    probe = f"""
from {PACKAGE} import _host_run
_host_run._import_http_client()
import http.client
from {PACKAGE}._health_gate import Health
from {PACKAGE}._health_probe import ask
asked = ask(Health(url="https://127.0.0.1:{tls_port}/200"), None)
print(hasattr(http.client, "HTTPSConnection"), [asked])
"""
    done = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout == "False ['']\n"


def test_a_port_that_accepts_is_a_success_of_a_tcp_probe(port: int) -> None:
    assert ask(Health(tcp=f"container:{port}"), ITSELF) == ""


def test_both_probes_must_succeed(port: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]

    said = ask(Health(url=f"http://127.0.0.1:{port}/200", tcp=f"127.0.0.1:{closed}"), ITSELF)

    assert said == f"127.0.0.1:{closed} refused the connection"


def test_a_container_without_an_address_cannot_be_asked_by_it() -> None:
    said = ask(Health(tcp="container:80"), RUNNING._replace(address=""))

    assert "the container has no address of its own" in said


@pytest.mark.parametrize(
    ("parts", "said"),
    [((), "did not answer"), ((b"HTTP/1.1 200 OK\r\nX-Slow: ",), "did not answer"), ((b"\n",), "")],
    ids=["silence", "half an answer", "no HTTP"],
)
def test_an_answer_that_does_not_end_is_broken_off(parts: tuple[bytes, ...], said: str) -> None:
    with says(*parts) as port:
        found = ask(Health(url=f"http://127.0.0.1:{port}/"), ITSELF, timeout_s=0.3)

    assert found.startswith(f"http://127.0.0.1:{port}/ ")
    assert said in found


def test_a_probe_sends_the_headers_that_it_was_given_the_name_of_the_host_among_them(
    port: int,
) -> None:
    url = f"http://container:{port}/named"
    headers = (("host", "shop.test"), ("X-Probe", "1 2"))

    assert ask(Health(url=url, headers=headers), ITSELF) == ""
    assert ask(Health(url=url), ITSELF) == f"{url} answered 421, not 200"
