"""Arguments of Python as the npm package takes them: as JSON."""

import json

from .errors import SlideRuleError


def as_json(call, value):
    """The JSON of what is passed to a call. What JSON cannot hold, numbers that are none among it, is refused here."""
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as cause:
        raise SlideRuleError("invalid_argument", f"{call}: this cannot be written as JSON: {cause}") from cause


def given(options):
    """The options that are given. ``None`` means that one is not, except where it is an organization."""
    return {name: value for name, value in options.items() if value is not None or name == "organization"}
