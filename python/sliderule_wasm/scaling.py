"""A cluster on its way to a size: await it, iterate over it, or stop waiting."""

import asyncio

from .answers import answer, given
from .bridge import bridge, listener, value_of


class ScaleOperation:
    """Begins when it is awaited or iterated over. Its end is ``available_nodes``, ``requested_nodes``, ``ready`` and more.

    Cancelling the task that awaits or iterates ends the wait; the request for nodes stands, and ``session.release()`` takes it back.

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

    async def __aiter__(self):
        operation = await self._begun()
        while (text := await self._unless_cancelled(operation.next())) is not None:
            yield answer(text)
        await self._end()

    def stop_waiting(self):
        """Ends the wait without an error, as soon as the order is placed. The request stands."""
        self._is_left = True
        if self._operation is not None:
            self._operation.stopWaiting()

    async def _end(self):
        operation = await self._begun()
        return answer(await self._unless_cancelled(operation.ended))

    async def _begun(self):
        module = await bridge()
        if self._operation is None:
            import js

            self._abort = js.AbortController.new()
            heard = listener(self._on_progress, answer)
            self._operation = module.scaleout(self._session, given(self._options), self._abort.signal, heard)
            if self._is_left:
                self._operation.stopWaiting()
        return self._operation

    async def _unless_cancelled(self, promise):
        try:
            return value_of(await promise)
        except asyncio.CancelledError:
            self._abort.abort()
            raise
