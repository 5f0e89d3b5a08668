"""Private SlideRule clusters from Python in the browser: JupyterLite, Pyodide, PyScript.

The calls are those of SlideRule's Python client, with the same names and keyword arguments, and with ``await`` before them,
since a browser cannot block:

    import sliderule_wasm as sliderule

    session = await sliderule.init("slideruleearth.io", organization="acme", desired_nodes=2, time_to_live=15)
    async for batch in sliderule.stream("atl06p", {"resources": [...]}):
        print(batch.record_type, batch.columns["h_mean"])
    await session.release()

The work is done by the npm package ``sliderule-wasm``, which is part of this one. Columns are NumPy arrays where NumPy is
installed and ``memoryview`` otherwise; nothing is copied element by element. A call that is refused raises
``SlideRuleError``, whose ``code`` says why. Cancelling a task ends its call.

The functions of the module act on one default session, which ``init`` makes. ``create_session`` makes others.
"""

from .answers import answer
from .arguments import as_json, given
from .bridge import bridge, listener, settled
from .errors import SlideRuleError
from .log import set_verbose
from .scaling import ScaleOperation
from .session import PUBLIC, Session
from .stream import Batch, RecordStream, StreamResult

__version__ = "0.1.0"

__all__ = [
    "Batch",
    "RecordStream",
    "ScaleOperation",
    "Session",
    "SlideRuleError",
    "StreamResult",
    "authenticate",
    "create_session",
    "init",
    "scaleout",
    "source",
    "stream",
    "update_available_servers",
]

_default = Session(None)


async def init(
    url="slideruleearth.io",
    verbose=False,
    loglevel="INFO",
    organization=PUBLIC,
    desired_nodes=None,
    time_to_live=None,
    on_progress=None,
    **options,
):
    """Makes the default session: signs in, asks for nodes and waits for them if ``desired_nodes`` is set, checks the version.

    ``url`` is a domain, or the URL of a provisioning system; ``organization=None`` is a single node at that address.
    ``time_to_live`` is in minutes (60). Credentials are looked for in ``os.environ`` and ``~/.netrc``; without any, call
    ``authenticate`` next. ``verbose`` prints the log from ``loglevel`` on. Other options are those of the npm package's
    ``init``, in snake case. Returns the session.
    """
    set_verbose(verbose, loglevel)
    options.update(organization=organization, desired_nodes=desired_nodes, time_to_live=time_to_live)
    text = as_json("init", given(options))
    address = as_json("init", url)
    module = await bridge()
    return Session(await settled(lambda signal: module.init(address, text, signal, listener(on_progress, answer))))


async def create_session(url="slideruleearth.io", organization=PUBLIC, **options):
    """Makes a session of its own. Sends nothing."""
    text = as_json("create_session", given({"url": url, "organization": organization, **options}))
    module = await bridge()
    return Session(await settled(lambda _: module.createSession(text)))


async def authenticate(organization=None, ps_username=None, ps_password=None, github_token=None, **options):
    """Signs in to the organization, with a user name and password, or with a GitHub token.

    Without either: with what ``os.environ`` or ``~/.netrc`` hold. Answers with ``user``, ``organization``, ``expires_at`` and
    ``source``.
    """
    return await _default.authenticate(organization, ps_username, ps_password, github_token, **options)


async def update_available_servers(desired_nodes=None, time_to_live=None, **options):
    """Asks for nodes without waiting for them; without ``desired_nodes`` says how many there are.

    Answers with ``available_nodes``, ``requested_nodes``, ``clamped``, ``request_id``, ``expires_at`` and more.
    """
    return await _default.update_available_servers(desired_nodes, time_to_live, **options)


def scaleout(desired_nodes, time_to_live=None, bypass_dns=None, on_progress=None, **options):
    """Asks for nodes and waits for them: await it, or iterate over its progress with ``async for``."""
    return _default.scaleout(desired_nodes, time_to_live, bypass_dns, on_progress, **options)


async def source(api, parm=None, **options):
    """Calls a plain service, and returns its JSON."""
    return await _default.source(api, parm, **options)


def stream(api, parm=None, on_progress=None, **options):
    """Calls a processing service: iterate over its batches with ``async for``, or await ``collect()``."""
    return _default.stream(api, parm, on_progress, **options)
