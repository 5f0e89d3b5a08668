"""Credentials that nobody has to pass: where SlideRule's Python client looks for them."""

import json
import netrc
import os


def credentials_for(machine):
    """The credentials in the environment, else those of this machine in ``~/.netrc``, as JSON; ``None`` if there are none."""
    found = _of_environment() or _of_netrc(machine)
    return found and json.dumps(found)


def _of_environment():
    token = os.environ.get("PS_GITHUB_TOKEN")
    if token:
        return {"githubToken": token}
    username, password = os.environ.get("PS_USERNAME"), os.environ.get("PS_PASSWORD")
    return {"username": username, "password": password} if username and password else None


def _of_netrc(machine):
    try:
        entry = netrc.netrc().authenticators(machine)
    except (OSError, netrc.NetrcParseError):
        return None
    return entry and {"username": entry[0], "password": entry[2]}
