"""The npm package, loaded once, and calls of it.

Every call takes an ``AbortSignal`` of its own, so that cancelling the task that awaits it ends the call, and resolves with
how it ended. Nothing of Python is held by JavaScript longer than its call, but the two functions of ``configure``.
"""

import asyncio
from base64 import b64encode
from importlib.resources import files

from .credentials import credentials_for
from .errors import error_of
from .log import take_line

_loading = asyncio.Lock()
_module = None


async def bridge():
    """The JavaScript half, loaded by the first call."""
    global _module
    async with _loading:
        if _module is None:
            from pyodide.ffi import create_proxy

            module = await _load()
            module.configure(create_proxy(credentials_for), create_proxy(take_line))
            _module = module
    return _module


def loaded():
    """The JavaScript half, for whoever holds something of it."""
    return _module


async def _load():
    import js
    from pyodide.code import run_js

    load = run_js("(url) => import(url)")
    script = files(__package__).joinpath("bridge.mjs").read_bytes()
    if hasattr(js, "process"):
        # Node cannot import blobs.
        return await load("data:text/javascript;base64," + b64encode(script).decode())
    text = js.Blob.new([script.decode()], type="text/javascript")
    url = js.URL.createObjectURL(text)
    try:
        return await load(url)
    finally:
        js.URL.revokeObjectURL(url)


async def settled(begin):
    """Awaits what begins with a signal, and aborts the signal if the wait is cancelled."""
    import js

    abort = js.AbortController.new()
    try:
        return value_of(await begin(abort.signal))
    except asyncio.CancelledError:
        abort.abort()
        raise


def value_of(outcome):
    """The value of an outcome, or its exception."""
    if outcome.error is not None:
        from .stream import result_of

        partial = outcome.partial
        raise error_of(outcome.error, partial and result_of(partial))
    return outcome.value


def listener(callback, answer_of):
    """A function of the caller as JavaScript may call it; ``None`` if there is none. Whoever gets it destroys it.

    What the caller's function raises is reported, and does not stop the call.
    """
    if callback is None:
        return None
    from pyodide.ffi import create_proxy

    def listen(text):
        try:
            callback(answer_of(text))
        except Exception as error:
            context = {"message": "a callback of sliderule_wasm failed", "exception": error}
            asyncio.get_event_loop().call_exception_handler(context)

    return create_proxy(listen)
