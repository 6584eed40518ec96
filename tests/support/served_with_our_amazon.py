# SPDX-License-Identifier: GPL-3.0-or-later
"""`longshore`, where Amazon's certificate is the file that the environment names: a program."""

from __future__ import annotations

import os
from pathlib import Path

from webhook_bridge.authentication import certificates
from webhook_bridge.cli import main
from webhook_bridge.sources import sns

CERTIFICATE = "CERTIFICATE_OF_AMAZON"


def _get(url: str) -> bytes:
    if "Action=ConfirmSubscription" in url:
        return b""
    return Path(os.environ[CERTIFICATE]).read_bytes()


if __name__ == "__main__":
    certificates.get = _get  # type: ignore[attr-defined]  # imported there, for nobody else
    sns.get = _get  # type: ignore[attr-defined]  # the same
    main()
