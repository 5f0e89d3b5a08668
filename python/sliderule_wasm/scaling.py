"""A cluster on its way to a size: await it, iterate over it, or stop waiting."""

import asyncio

from .answers import answer
from .arguments import as_json, given
from .bridge import bridge, listener, value_of


class ScaleOperation:
    """Begins when it is awaited or iterated over. Its end is ``available_nodes``, ``requested_nodes``, ``ready`` and more.

    Cancelling the task that awaits or iterates ends the wait, and so does leaving the loop; the request for nodes stands, and
    ``session.release()`` takes it back.

        async for progress in sliderule.scaleout(5):
            print(progress.phase, progress.nodes, progress.wanted)
    """

    def __init__(self, session, options, on_progress):
        self._session = session
        self._options = options
        self._on_progress = on_progress
        self._operation = None
        self._abort = None
        self._is_left = False

    def __await__(self):
        return self._end().__await__()

    def __aiter__(self):
        return _Reports(self)

    def stop_waiting(self):
        """Ends the wait without an error, as soon as the order is placed. The request stands."""
        self._is_left = True
        if self._operation is not None:
            self._operation.stopWaiting()

    async def _next(self):
        operation = await self._begun()
        text = await self._unless_cancelled(operation.next())
        return None if text is None else answer(text)

    async def _end(self):
        operation = await self._begun()
        return answer(await self._unless_cancelled(operation.ended))

    async def _begun(self):
        module = await bridge()
        if self._operation is None:
            import js

            options = as_json("scaleout", given(self._options))
            abort = js.AbortController.new()
            heard = listener(self._on_progress, answer)
            self._operation = value_of(module.scaleout(self._session, options, abort.signal, heard))
            self._abort = abort
            if self._is_left:
                self._operation.stopWaiting()
        return self._operation

    async def _unless_cancelled(self, promise):
        try:
            return value_of(await promise)
        except asyncio.CancelledError:
            self._abort.abort()
            raise


class _Reports:
    """The loop over an operation. It is let go when the loop is left, by `break` or an exception too, and then ends the wait."""

    def __init__(self, operation):
        self._operation = operation
        self._has_begun = False

    def __aiter__(self):
        return self

    async def __anext__(self):
        self._has_begun = True
        progress = await self._operation._next()
        if progress is None:
            await self._operation._end()
            raise StopAsyncIteration
        return progress

    async def aclose(self):
        """Ends the wait."""
        self._leave()

    def __del__(self):
        self._leave()

    def _leave(self):
        if self._has_begun:
            self._operation.stop_waiting()
