"""The one exception of this package."""

from .answers import answer


class SlideRuleError(RuntimeError):
    """Every call that is refused or fails raises this; ``code`` says what happened, the message what to do.

    ``endpoint`` and ``status`` tell of the request that failed, ``retryable`` whether the same call may work later. With
    the code ``incomplete_result``, ``partial`` is what did arrive; with ``scale_timeout``, ``progress`` is the last state seen.
    """

    def __init__(self, code, message, endpoint=None, status=None, retryable=False, partial=None, progress=None):
        super().__init__(message)
        self.code = code
        self.endpoint = endpoint
        self.status = status
        self.retryable = retryable
        self.partial = partial
        self.progress = progress

    def __str__(self):
        return f"{super().__str__()} ({self.code})"


def error_of(text, partial=None):
    """The exception that the package's JSON means."""
    said = vars(answer(text))
    known = {name: value for name, value in said.items() if value is not None}
    return SlideRuleError(**known, partial=partial)
