"""One client's connection to one organization."""

import json

from .answers import answer
from .arguments import as_json, given
from .bridge import bridge, loaded, settled, value_of
from .scaling import ScaleOperation
from .stream import RecordStream

PUBLIC = "sliderule"


class Session:
    """Made by ``init`` and ``create_session``. Its calls are those of the module, and more."""

    def __init__(self, handle):
        # Without a handle it is whichever session is the default one.
        self._handle = handle

    async def authenticate(self, organization=None, ps_username=None, ps_password=None, github_token=None, **options):
        """Signs in. See the module's ``authenticate``."""
        options.update(ps_username=ps_username, ps_password=ps_password, github_token=github_token)
        return answer(await self._call("authenticate", organization, **options))

    async def update_available_servers(self, desired_nodes=None, time_to_live=None, **options):
        """Asks for nodes without waiting for them. See the module's ``update_available_servers``."""
        options.update(desired_nodes=desired_nodes, time_to_live=time_to_live)
        return answer(await self._call("updateAvailableServers", **options))

    def scaleout(self, desired_nodes, time_to_live=None, bypass_dns=None, on_progress=None, **options):
        """Asks for nodes and waits for them. See the module's ``scaleout``."""
        options.update(desired_nodes=desired_nodes, time_to_live=time_to_live, bypass_dns=bypass_dns)
        return ScaleOperation(self._handle, options, on_progress)

    async def source(self, api, parm=None, **options):
        """Calls a plain service. See the module's ``source``."""
        return json.loads(await self._call("source", api, {} if parm is None else parm, **options))

    def stream(self, api, parm=None, on_progress=None, **options):
        """Calls a processing service. See the module's ``stream``."""
        return RecordStream(self._handle, api, parm, options, on_progress)

    async def check_version(self, **options):
        """Asks the cluster for its release and applies the version rule."""
        return answer(await self._call("checkVersion", **options))

    async def status(self, **options):
        """What the cluster is doing: ``state``, ``nodes``, ``requests``, ``explanation`` and more."""
        return answer(await self._call("status", **options))

    async def costs(self, **options):
        """What the cluster cost: ``balance_micro_usd``, ``spent_micro_usd``, ``entries`` and more."""
        return answer(await self._call("costs", **options))

    async def estimate(self, desired_nodes, time_to_live=None, **options):
        """What an order for nodes would be granted now, and what it would cost. Asks for nothing."""
        options.update(desired_nodes=desired_nodes, time_to_live=time_to_live)
        return answer(await self._call("estimate", **options))

    async def extend(self, time_to_live=None, **options):
        """Lets a request for nodes live longer."""
        return answer(await self._call("extend", time_to_live=time_to_live, **options))

    async def release(self, **options):
        """Takes back the requests for nodes that this session made, or the one that ``request_id`` names."""
        return answer(await self._call("release", **options))

    async def sign_out(self, **options):
        """Forgets the tokens of the organization, and has the server revoke them."""
        await self._call("signOut", **options)

    def keep_alive(self, time_to_live=None, request_id=None):
        """Keeps the nodes for as long as a block runs: ``async with session.keep_alive(): …``."""
        return KeepAlive(self._handle, {"time_to_live": time_to_live, "request_id": request_id})

    async def dispose(self):
        """Ends every call and stream that still runs, and refuses new ones."""
        self._handle.dispose()

    @property
    def organization(self):
        """The organization; ``None`` for a single node."""
        return self._identity.organization

    @property
    def authenticated(self):
        """Whether a token is held."""
        return self._identity.authenticated

    @property
    def user(self):
        """Who is signed in; ``None`` if nobody is."""
        return self._identity.user

    @property
    def server_version(self):
        """The cluster's release once it was checked; ``None`` before."""
        return self._identity.server_version

    @property
    def warnings(self):
        """All warnings so far, with ``code`` and ``message``. They are in the log too."""
        return self._identity.warnings

    def __repr__(self):
        identity = self._identity
        return f"<Session of {identity.organization}, signed in: {identity.user}>"

    @property
    def _identity(self):
        return answer(loaded().identityOf(self._handle))

    async def _call(self, method, *words, **options):
        text = as_json(method, [*words, given(options)])
        module = await bridge()
        return await settled(lambda signal: module.call(self._handle, method, text, signal))


class KeepAlive:
    """A request for nodes that is extended over and over while a block runs. A refusal is a warning of the session."""

    def __init__(self, handle, options):
        self._handle = handle
        self._options = options
        self._running = None

    async def __aenter__(self):
        options = as_json("keep_alive", given(self._options))
        module = await bridge()
        self._running = value_of(await module.keepAlive(self._handle, options))
        return self

    async def __aexit__(self, *_):
        self._running.stop()
