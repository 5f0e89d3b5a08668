"""Credentials that nobody has to pass: where SlideRule's Python client looks for them."""

import json
import netrc
import os
from pathlib import Path


class Unusable(Exception):
    """There is a file for this machine that cannot be used. Says why, and quotes nothing of the file but the number of a line."""


def credentials_for(machine):
    """The credentials in the environment, else those of this machine in ``~/.netrc``, as JSON; ``None`` if there are none.

    Where the file cannot be used, ``{"problem": text}``.
    """
    try:
        found = _of_environment() or _of_netrc(machine, Path(os.path.expanduser("~/.netrc")))
    except Unusable as problem:
        found = {"problem": str(problem)}
    return found and json.dumps(found)


def _of_environment():
    token = os.environ.get("PS_GITHUB_TOKEN")
    if token:
        return {"githubToken": token}
    username, password = os.environ.get("PS_USERNAME"), os.environ.get("PS_PASSWORD")
    return {"username": username, "password": password} if username and password else None


def _of_netrc(machine, path):
    try:
        # A file that does not speak of the machine is nobody's trouble.
        if machine.encode() not in path.read_bytes():
            return None
        # Not `authenticators`: that gives the entry `default`, which was not written for this, to any machine.
        entry = netrc.netrc().hosts.get(machine)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except OSError as cause:
        raise Unusable(f"{path} cannot be read") from cause
    except UnicodeDecodeError:
        raise Unusable(f"{path} is not text") from None
    except netrc.NetrcParseError as cause:
        # What the parser says quotes the file. Without a line it speaks of the file's owner and permissions.
        said = f"line {cause.lineno} makes no sense" if cause.lineno else "it is not yours alone, so it is not used: chmod 600 it"
        raise Unusable(f"{path}: {said}") from None
    if entry is None:
        return None
    login, _, password = entry
    if not login or not password:
        raise Unusable(f"{path}: the machine {machine} has no {'password' if login else 'login'}")
    return {"username": login, "password": password}
