# SPDX-License-Identifier: GPL-3.0-or-later
"""nginx and Caddy as docs/install.md configures them, in front of a bridge on this machine.

What the page leaves to its reader is added here: the address, the certificate, where logs go.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.certificates import write_certificate
from tests.support.installation import Installation
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[2]
NAME = "longshore.example"
# Port 443 as on a real machine, which needs root, at an address that nothing else listens on.
ADDRESS = "127.0.0.97"
_BINARIES = {"nginx": "usr/sbin/nginx", "caddy": "usr/bin/caddy"}


def documented(after: str) -> str:
    """Return the block of docs/install.md that follows a sentence which begins so."""
    text = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(after)}.*?^```\w*\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"docs/install.md has no block after {after!r}"
    return found[1].replace("YOUR.NAME", NAME)


def documented_server(installation: Installation) -> None:
    """Have the bridge's settings say what the page says of a proxy."""
    table = documented("Any proxy does.").removeprefix("[server]\n")
    text = installation.file.read_text()
    installation.file.write_text(text.replace("[server]", f"[server]\n{table}", 1))


@contextmanager
def behind(proxy: str, installation: Installation) -> Iterator[Path]:
    """Run a proxy until the block ends; yields the folder that has its logs."""
    subprocess.run(["scripts/fetch-proxies"], cwd=ROOT, check=True, timeout=120)
    folder = installation.folder / proxy
    folder.mkdir()
    write_certificate(folder / "certificate", NAME)
    arguments = {"nginx": _nginx, "caddy": _caddy}[proxy](folder, installation.port)
    binary = ROOT / "build" / "proxies" / _BINARIES[proxy]
    environ = {**os.environ, "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "out").open("w") as out:
        process = subprocess.Popen([binary, *arguments], stdout=out, stderr=out, env=environ)
    try:
        wait_for(lambda: _listens(process, folder), f"{proxy} listens", seconds=30)
        yield folder
    finally:
        process.terminate()
        process.wait(20)


def _nginx(folder: Path, port: int) -> list[str]:
    http, _, server = documented("With nginx").partition("# in the server block")
    own = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    text = f"""
    daemon off;
    pid {folder}/pid;
    error_log {folder}/error.log;
    events {{ }}
    http {{
    access_log {folder}/access.log;
    {own}{http}
    server {{
    listen {ADDRESS}:443 ssl;
    server_name {NAME};
    ssl_certificate {folder}/certificate;
    ssl_certificate_key {folder}/certificate;
    {server.replace("127.0.0.1:8090", f"127.0.0.1:{port}")}
    }}
    }}
    """
    file = folder / "nginx.conf"
    file.write_text(text)
    return ["-e", str(folder / "error.log"), "-c", str(file)]


def _caddy(folder: Path, port: int) -> list[str]:
    text = documented("With Caddy").replace("127.0.0.1:8090", f"127.0.0.1:{port}")
    text = text.replace("{\n", "{\n\tadmin off\n\tauto_https disable_redirects\n", 1)
    own = f"{NAME} {{\n\tbind {ADDRESS}\n\ttls {folder}/certificate {folder}/certificate\n"
    text = text.replace(f"{NAME} {{\n", own, 1)
    file = folder / "Caddyfile"
    file.write_text(text)
    return ["run", "--adapter", "caddyfile", "--config", str(file)]


def _listens(process: subprocess.Popen[bytes], folder: Path) -> bool:
    assert process.poll() is None, (folder / "out").read_text()
    try:
        with socket.create_connection((ADDRESS, 443), timeout=1):
            return True
    except OSError:
        return False
