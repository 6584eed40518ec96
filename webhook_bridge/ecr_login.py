# SPDX-License-Identifier: GPL-3.0-or-later
"""The command longshore-ecr-login: a credential helper for Amazon ECR, by boto3.

For `credential_command` where Amazon's own helper is not installed. A process of its own, so that
the bridge imports nothing of AWS.

Protocol: https://github.com/docker/docker-credential-helpers "Development". Facts:
docs.aws.amazon.com/AmazonECR "Private registry authentication" (a token is good for 12 hours, for
what its user may read), "Registry endpoints" of "Amazon ECR endpoints and quotas", "Public registry
authentication" (public.ecr.aws has its API in us-east-1 alone).
"""

from __future__ import annotations

import base64
import json
import re
import sys
from typing import Any

_PRIVATE = re.compile(
    r"[0-9]{12}\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z]{2}(?:-[a-z]+)+-[0-9]+)\."
    r"(?:amazonaws\.com(?:\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)"
)
_PUBLIC = "public.ecr.aws"
_REGION_OF_PUBLIC = "us-east-1"
_LONGEST_NAME = 300
_USAGE = "usage: echo REGISTRY | longshore-ecr-login get"


class _NoToken(Exception):
    """There is none; the message says why."""


def main() -> None:
    """Answer as Docker's credential helpers do; where there is no token, say why and end with 1."""
    if sys.argv[1:] != ["get"]:
        sys.exit(_USAGE)
    name = sys.stdin.readline(_LONGEST_NAME).strip()
    registry = name.removeprefix("https://").rstrip("/")
    try:
        username, token = _token(registry)
    except _NoToken as error:
        sys.exit(f"longshore-ecr-login: {error}")
    print(json.dumps({"ServerURL": name, "Username": username, "Secret": token}))  # noqa: T201 -- the protocol


def _token(registry: str) -> tuple[str, str]:
    """Return the user and the password that AWS gives for a registry to who runs this.

    When it ends, as AWS states it, is not looked at: it is asked for anew each time.
    """
    service, region = _service_of(registry)
    try:
        import boto3.session  # noqa: PLC0415 -- an extra
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 -- the same
    except ModuleNotFoundError:
        needs = "needs the package boto3, which is not installed"
        raise _NoToken(f"{needs}: pip install 'longshore[aws]'") from None
    try:
        client: Any = boto3.session.Session(region_name=region).client(service)
        found = client.get_authorization_token()["authorizationData"]
    except (BotoCoreError, ClientError) as error:
        raise _NoToken(f"{registry}: {str(error).splitlines()[0]}") from None
    # Of ecr a list with one entry, of ecr-public that entry.
    data = found[0] if isinstance(found, list) else found
    username, _, token = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return username, token


def _service_of(registry: str) -> tuple[str, str]:
    """Return the API that has tokens for a registry, and its region."""
    if registry == _PUBLIC:
        return "ecr-public", _REGION_OF_PUBLIC
    found = _PRIVATE.fullmatch(registry)
    if found is None:
        example = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
        raise _NoToken(f"{registry!r} is not a registry of Amazon ECR, as {example} is")
    return "ecr", found["region"]


if __name__ == "__main__":
    main()
