"""Answers of the npm package as Python objects."""

import json
import re
from datetime import datetime, timezone
from types import SimpleNamespace


def answer(text):
    """An object with attributes in snake case, of JSON in which an instant is ``{"instant": milliseconds}``."""
    return json.loads(text, object_pairs_hook=_object)


def _object(pairs):
    if len(pairs) == 1 and pairs[0][0] == "instant":
        return datetime.fromtimestamp(pairs[0][1] / 1000, timezone.utc)
    return SimpleNamespace(**{_snake_case(name): value for name, value in pairs})


def _snake_case(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found[1].lower(), name)
