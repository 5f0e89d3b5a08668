"""Columns as Python has them: NumPy arrays where NumPy is installed, ``memoryview`` otherwise, lists of text."""

from itertools import accumulate, pairwise


def columns_of(crossed):
    """Columns by name. Numbers came as one buffer each, which the arrays share; nothing is copied here."""
    as_array = _as_array()
    return {name: _column(values, as_array) for name, values in crossed.items()}


def _as_array():
    try:
        from numpy import asarray
    except ImportError:
        return lambda view: view
    return asarray


def _column(values, as_array):
    if isinstance(values, memoryview):
        return as_array(values)
    if isinstance(values, dict):
        if "rows" in values:
            return [_column(row, as_array) for row in values["rows"]]
        whole = as_array(values["values"])
        return [whole[start:end] for start, end in pairwise(accumulate(values["lengths"], initial=0))]
    return values
