"""The records of a processing request: batch by batch, or all together."""

import asyncio
from dataclasses import dataclass, field

from .answers import answer
from .arguments import as_json, given
from .bridge import bridge, listener, value_of
from .columns import columns_of
from .errors import SlideRuleError


@dataclass
class Batch:
    """Rows of one record type as columns of equal length.

    A column of numbers is a NumPy array, or a ``memoryview`` where there is no NumPy, of the record's own type; a column of
    text a list of ``str``; where each row has a list, a list of those. Times are nanoseconds since 1970, as 64-bit integers.
    """

    record_type: str
    length: int
    columns: dict = field(repr=False)

    def __len__(self):
        return self.length


@dataclass
class StreamResult:
    """A whole stream: ``tables`` are its rows by record type, ``files`` the bytes of each file by name."""

    tables: dict[str, Batch]
    files: dict[str, bytes] = field(repr=False)
    remote_files: list
    messages: list = field(repr=False)
    warnings: list
    bytes: int


class RecordStream:
    """Nothing is sent before it is iterated over or collected; it can be read once.

    Leaving the loop ends the work on the cluster, and so does cancelling the task.
    """

    def __init__(self, session, api, parm, options, on_progress):
        self._session = session
        self._api = api
        self._parm = {} if parm is None else parm
        self._options = options
        self._on_progress = on_progress
        self._source = None

    def __aiter__(self):
        return _Batches(self)

    async def collect(self):
        """Reads to the end, and joins the batches and the ancillary fields that were asked for."""
        reading = await self._open()
        try:
            return result_of(await reading.take(reading.source.collect))
        finally:
            reading.close()

    @property
    def messages(self):
        """What the server said so far."""
        return [] if self._source is None else answer(self._source.saidSoFar())

    @property
    def files(self):
        """The whole files that came so far, by name."""
        return {} if self._source is None else _files_of(self._source.filesSoFar().to_py())

    async def _open(self):
        module = await bridge()
        if self._source is not None:
            raise SlideRuleError("invalid_argument", "a stream can be read once; call stream again")
        words = as_json("stream", [self._api, self._parm, given(self._options)])
        reading = _Reading(listener(self._on_progress, answer))
        reading.source = self._source = value_of(module.stream(self._session, words, reading.signal, reading.listener))
        return reading


class _Reading:
    """A stream while it is read. Closing it ends the stream."""

    def __init__(self, listener):
        import js

        self._abort = js.AbortController.new()
        self.signal = self._abort.signal
        self.listener = listener
        self.source = None

    async def take(self, begin):
        try:
            return value_of(await begin())
        except asyncio.CancelledError:
            self.close()
            raise

    def close(self):
        self._abort.abort()
        self.source.leave()
        if self.listener is not None:
            self.listener.destroy()
            self.listener = None


class _Batches:
    """The loop over a stream. It is let go when the loop is left, by `break` too, and then ends the stream."""

    def __init__(self, stream):
        self._stream = stream
        self._reading = None

    def __aiter__(self):
        return self

    async def __anext__(self):
        if self._reading is None:
            self._reading = await self._stream._open()
        try:
            crossed = await self._reading.take(self._reading.source.next)
        except SlideRuleError:
            await self.aclose()
            raise
        if crossed is None:
            await self.aclose()
            raise StopAsyncIteration
        return _batch_of(crossed.to_py())

    async def aclose(self):
        """Ends the stream."""
        if self._reading is not None:
            self._reading.close()

    def __del__(self):
        if self._reading is not None:
            self._reading.close()


def _batch_of(crossed):
    return Batch(crossed["recordType"], crossed["length"], columns_of(crossed["columns"]))


def _files_of(crossed):
    return {file["name"]: bytes(file["bytes"]) for file in crossed}


def result_of(proxy):
    """The result that crosses from JavaScript."""
    crossed = proxy.to_py()
    tables = {record_type: _batch_of(table) for record_type, table in crossed["tables"].items()}
    return StreamResult(tables=tables, files=_files_of(crossed["files"]), **vars(answer(crossed["rest"])))
