# Copyright: The Longshore developers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the modules that ask a registry say about its credentials."""

from __future__ import annotations


class ModuleDocFragment:
    """The options for a login in module_utils/_arguments.py."""

    DOCUMENTATION = r"""
notes:
  - In a run of the bridge, the login that it lends is used where O(login) is not given.
  - Where there is neither, the registry credentials in the connecting user's Docker
    configuration are used (C($DOCKER_CONFIG/config.json) or C(~/.docker/config.json), with
    C(auths), C(credHelpers) and C(credsStore)), as C(docker pull) does.
options:
  login:
    description:
      - Credentials for the image's registry, for this call only.
      - They go to the daemon with the request, and nothing is stored on the host.
    type: dict
    suboptions:
      username:
        description: The user.
        type: str
        required: true
      password:
        description: The user's password or access token.
        type: str
        required: true
  login_trouble:
    description: Why no login is given, which is said where the registry wants one.
    type: dict
    suboptions:
      said:
        description: The sentence, with what to do.
        type: str
        required: true
      passing:
        description: Whether there may be a login the next time, so that the refusal is not final.
        type: bool
        default: false
"""
