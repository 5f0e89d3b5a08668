"""The log of the npm package, and what servers say while they work, in Python's own logging."""

import logging
import sys

logger = logging.getLogger("sliderule_wasm")

_printing = logging.StreamHandler(sys.stdout)
_printing.setFormatter(logging.Formatter("%(message)s"))


def set_verbose(verbose, level):
    """Prints the log from this level on, or leaves it to the handlers of the program."""
    logger.removeHandler(_printing)
    if verbose:
        # Whatever standard output is now: notebooks give each cell its own.
        _printing.setStream(sys.stdout)
        _printing.setLevel(level)
        logger.setLevel(level)
        logger.addHandler(_printing)


def take_line(level, line):
    """Takes a line of the npm package; its levels have the names of Python's."""
    logger.log(getattr(logging, level.upper()), line)
