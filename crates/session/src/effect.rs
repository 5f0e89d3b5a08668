//! What goes into a session and what comes out.
//!
//! Each port effect carries a [`PortId`] and is answered once, with [`Input::Answered`]. An answer to a port
//! that nobody waits for any more is ignored, so a shell need not care about races.

use std::fmt;

use sliderule_api::{OrganizationName, RequestId};

use crate::call::Capacity;
use crate::{Call, Failure, Outcome};

/// Names a call; chosen by the shell, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub u32);

/// Names one thing asked of the outside; chosen by the session, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortId(pub u32);

/// Something that happened outside.
#[derive(Debug)]
pub enum Input {
    /// A caller wants something.
    Call {
        /// Names it from now on.
        id: CallId,
        /// What is wanted.
        call: Call,
    },
    /// A caller no longer wants it; nothing more is heard of the call.
    Cancel(CallId),
    /// The outside did, or could not do, what was asked of it.
    Answered {
        /// What was asked.
        port: PortId,
        /// What came of it.
        answer: Answer,
    },
    /// Another tab or worker of the same origin said something.
    Heard(String),
    /// The session is not needed any more: every call ends. A refresh under way is still finished and saved.
    Dispose,
}

/// What came of a port effect.
#[derive(Clone, Debug)]
pub enum Answer {
    /// To `Fetch`: the server answered.
    Response(Response),
    /// To `Fetch` and `Listen`: it did not, for the reason given.
    NoResponse(String),
    /// To `Listen`, after its response: a piece of the body, in the order in which it came.
    Piece(Vec<u8>),
    /// To `Load`.
    Loaded(Option<String>),
    /// To `Listen`: the body has ended. To `Sleep`, `Save`, `Forget`, `Lock` and `Ask`: it is done.
    Done,
}

/// Something for the shell to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Send a request. Redirects are not followed, cookies neither sent nor kept.
    Fetch {
        /// To answer with.
        port: PortId,
        /// What to send.
        request: Request,
    },
    /// Send a request and read its answer as it comes: answered with the response first, then with each piece of the
    /// body of a successful one, and with its end.
    Listen {
        /// To answer with, as often as there is something to hear.
        port: PortId,
        /// What to send.
        request: Request,
    },
    /// Wait.
    Sleep {
        /// To answer with.
        port: PortId,
        /// How long.
        milliseconds: u32,
        /// Whether it may be longer where nobody looks, as in a hidden tab.
        idly: bool,
    },
    /// Read from the token store.
    Load {
        /// To answer with.
        port: PortId,
        /// What to read.
        key: String,
    },
    /// Write to the token store.
    Save {
        /// To answer with.
        port: PortId,
        /// Where to.
        key: String,
        /// A secret.
        value: Secret,
    },
    /// Remove from the token store.
    Forget {
        /// To answer with.
        port: PortId,
        /// What to remove.
        key: String,
    },
    /// Take a lock that all sessions over the same token store share.
    Lock {
        /// To answer with, once it is held; also names it for `Unlock`.
        port: PortId,
        /// Which lock.
        name: String,
    },
    /// Give a lock back, or stop waiting for it.
    Unlock {
        /// The one it was taken with.
        port: PortId,
    },
    /// Ask the other sessions over the same token store. What they say is heard, and may be all that was waited for; the
    /// answer comes once they had their time, and at once where there are none to ask.
    Ask {
        /// To answer with.
        port: PortId,
        /// What to ask; no secret.
        message: String,
    },
    /// Stop a `Fetch`, `Listen` or `Sleep` whose answer nobody waits for.
    Abandon {
        /// The one to stop.
        port: PortId,
    },
    /// Tell the other sessions over the same token store.
    Broadcast {
        /// A secret.
        message: Secret,
    },
    /// Tell the caller, while a call goes on.
    Emit {
        /// The call it belongs to, if it belongs to one.
        call: Option<CallId>,
        /// What to tell.
        event: Event,
    },
    /// The call is over.
    Done {
        /// Which.
        call: CallId,
        /// What came of it.
        result: Result<Outcome, Failure>,
    },
}

/// Text that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How a request is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Read.
    Get,
    /// Write or ask.
    Post,
    /// Change.
    Patch,
    /// Take back.
    Delete,
}

/// A request to send.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// How.
    pub method: Method,
    /// Where to; never holds a secret.
    pub url: String,
    /// Header names and values; `Authorization` holds a secret.
    pub headers: Vec<(&'static str, String)>,
    /// JSON; may hold a secret.
    pub body: Option<String>,
    /// Whether a successful answer's body is left unread, for the caller to read as a stream.
    pub stream: bool,
    /// Whether it is finished even where the page is closed meanwhile.
    pub outlives_page: bool,
    /// What in it must not be repeated, should the server echo it in a refusal.
    pub secrets: Vec<String>,
}

impl fmt::Debug for Request {
    /// Shows neither headers nor body, since both may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What a server answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status; 0 for a redirect that the browser will not show.
    pub status: u16,
    /// `Content-Type`, or nothing.
    pub content_type: String,
    /// `Retry-After`, where it is a number of seconds.
    pub retry_after_seconds: Option<u32>,
    /// `Date`, in milliseconds since 1970, where the server lets it be seen.
    pub date: Option<u64>,
    /// The body; empty where it is left for the caller to read.
    pub body: String,
}

impl fmt::Debug for Response {
    /// Does not show the body, since it may hold tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What a caller is told while things go on.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A cluster on its way to a size.
    Progress {
        /// Where it is.
        phase: Phase,
        /// Nodes ready now.
        nodes: u32,
        /// Nodes waited for.
        wanted: u32,
        /// Milliseconds since the call.
        elapsed_ms: u64,
        /// In how many milliseconds the nodes are expected, where the provisioning system knows.
        expected_ms: Option<u64>,
        /// What the provisioning system says.
        message: Option<String>,
    },
    /// The order for nodes was placed; the wait begins.
    Granted {
        /// What was granted, and no node counted yet.
        capacity: Box<Capacity>,
    },
    /// What only a log wants to know.
    Log {
        /// How much it matters.
        level: Level,
        /// For people.
        message: String,
    },
    /// Something worth knowing that fails nothing.
    Warning {
        /// For programs.
        code: sliderule_api::ErrorCode,
        /// For people.
        message: String,
    },
    /// The requests for nodes that are the session's to release, whenever they change.
    Requests {
        /// Whose cluster, and which.
        requests: Vec<(OrganizationName, RequestId)>,
    },
    /// What the session is, whenever that changes.
    Identity {
        /// The organization; none for a single node.
        organization: Option<String>,
        /// Whether a token is held.
        authenticated: bool,
        /// Who is signed in.
        user: Option<String>,
        /// The cluster's release once it was checked.
        server_version: Option<String>,
    },
}

/// How much a line of the log matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// For whoever follows what happens.
    Info,
    /// For whoever wonders why something failed.
    Warn,
}

/// How far a cluster has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The order is not placed yet.
    Requesting,
    /// No node is ready.
    Waking,
    /// Some are.
    Growing,
    /// All are.
    Ready,
}
