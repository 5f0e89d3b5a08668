"""What the scripts here share: each does what a user's script would, and reports what it saw as one JSON object."""

import json
import logging
import sys
import time

import sliderule

DOMAIN = "sliderule.test"

# The package hides its own module of that name behind itself.
_module = sys.modules["sliderule.sliderule"]


class _Lines(logging.Handler):
    """What the client logs, as lines."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname} {record.getMessage()}")


_log = _Lines()
logging.getLogger("sliderule").addHandler(_log)
logging.getLogger("sliderule").setLevel(logging.INFO)


def logged():
    """What the client has logged since this was asked for last."""
    lines, _log.lines = _log.lines, []
    return lines


def attempt(call, *arguments, **named):
    """How a call ended, and what was logged meanwhile."""
    logged()
    try:
        end = {"returned": call(*arguments, **named)}
    except Exception as error:
        end = {"raised": type(error).__name__, "text": str(error)}
    return {**end, "log": logged()}


def _credentials():
    """Where the client keeps its tokens: from 4.12.2 on in a session, before in the module."""
    return getattr(_module, "slideruleSession", _module)


def tokens():
    """The tokens that the client would send next."""
    kept = _credentials()
    return {"access": kept.ps_access_token, "refresh": kept.ps_refresh_token}


def wait_until_half_of_the_tokens_life_is_over():
    """From then on the client refreshes before it sends anything. It goes by the clock on the wall."""
    time.sleep(max(0.0, _credentials().ps_token_exp - time.time()) + 0.05)


def tell(**facts):
    """The report."""
    print(json.dumps(facts))
