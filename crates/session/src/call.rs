//! What a caller can ask of a session, and what they get for it.
//!
//! [`crate::boundary`] says how both cross to JavaScript; `js/` checks options and fills in defaults before, and makes
//! `Date`s of instants after.

use std::fmt;

use sliderule_api::{OrganizationName, RequestId, UtcTime};

use crate::PortId;

/// How a session is set up.
#[derive(Clone, Debug)]
pub struct Settings {
    /// A bare domain, or a URL with a scheme.
    pub url: String,
    /// The organization; none for a single node without provisioning.
    pub organization: Option<String>,
    /// In place of the provisioning origin that `url` means.
    pub provisioning_url: Option<String>,
    /// In place of the cluster address that `url` means.
    pub cluster_url: Option<String>,
    /// Whether plain http may leave this machine.
    pub allow_http: bool,
    /// The release spoken; [`crate::version::SPOKEN`] by default.
    pub protocol_version: Option<String>,
    /// Requests for nodes that are this session's already, as [`crate::Event::Requests`] told of them before the shell
    /// had to begin anew.
    pub requests: Vec<(OrganizationName, RequestId)>,
}

/// How to sign in; the GitHub token wins.
#[derive(Clone, Default)]
pub struct Credentials {
    /// User name.
    pub username: Option<String>,
    /// Password; used once.
    pub password: Option<String>,
    /// GitHub access token; used once.
    pub github_token: Option<String>,
}

impl fmt::Debug for Credentials {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// An order for nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// Nodes wanted; 0 releases one's own.
    pub desired_nodes: u32,
    /// For how many minutes.
    pub time_to_live: u32,
}

/// What a caller asks for.
#[derive(Clone, Debug)]
pub enum Call {
    /// Sign in, scale, check the version.
    Init {
        /// How to sign in; none to use what is cached.
        credentials: Option<Credentials>,
        /// Nodes to ask and wait for.
        order: Option<Order>,
        /// Packages of the server for which the version rule holds too.
        plugins: Vec<String>,
        /// Longest wait for the nodes.
        timeout_ms: u32,
    },
    /// Sign in.
    Authenticate {
        /// The session's organization from now on.
        organization: Option<String>,
        /// How; none to use what is cached.
        credentials: Option<Credentials>,
    },
    /// Ask for nodes, or only look.
    UpdateAvailableServers {
        /// What to ask for.
        order: Option<Order>,
    },
    /// Ask for nodes and wait.
    Scaleout {
        /// What to ask for.
        order: Order,
        /// Nodes that must be ready; all granted by default.
        min_ready: Option<u32>,
        /// Longest wait.
        timeout_ms: u32,
    },
    /// A service of the cluster.
    Service {
        /// Its name.
        api: String,
        /// JSON.
        parameters: String,
        /// Whether it streams: the call then ends once the answer begins.
        streams: bool,
        /// Longest time for all of that.
        timeout_ms: u32,
    },
    /// The layout of a record type.
    Definition {
        /// Its name.
        record_type: String,
        /// Whose cluster sends it: that of the [`Opened`] stream, which the session may have left since.
        organization: Option<String>,
    },
    /// The version rule.
    CheckVersion {
        /// Packages of the server for which it holds too.
        plugins: Vec<String>,
    },
    /// A look at the cluster.
    View(View),
    /// Let a request for nodes live for so many minutes from now on; one that lives longer stays as it is.
    Extend {
        /// Which; the last that this session made by default.
        request_id: Option<RequestId>,
        /// Minutes from now.
        time_to_live: u32,
    },
    /// Take a request back.
    Release {
        /// Which; all that this session made by default.
        request_id: Option<RequestId>,
    },
    /// Forget the tokens.
    SignOut {},
}

/// What a caller can look at.
#[derive(Clone, Copy, Debug)]
pub enum View {
    /// What the cluster is doing.
    Status,
    /// What it cost.
    Costs,
    /// What an order would be granted now.
    Estimate(Order),
}

/// What a caller gets.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Of `Authenticate`.
    Authentication(Authentication),
    /// Of `UpdateAvailableServers` and `Scaleout`.
    Capacity(Box<Capacity>),
    /// Of a plain `Service`, `Definition` and `View`: JSON as the server wrote it.
    Text(String),
    /// Of a `Service` that streams.
    Opened(Opened),
    /// Of `CheckVersion`.
    Version(VersionReport),
    /// Of `Extend`.
    Extended(Extended),
    /// Of `Release`.
    Released(Released),
    /// Of `Init` and `SignOut`.
    Nothing,
}

/// A stream whose answer has begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    /// The `Fetch` whose answer is the caller's to read.
    pub port: PortId,
    /// Whose cluster sends it; none for a single node.
    pub organization: Option<String>,
}

/// Who is signed in.
#[derive(Clone, Debug, PartialEq)]
pub struct Authentication {
    /// User name; none where no token is needed.
    pub user: Option<String>,
    /// Organization.
    pub organization: Option<String>,
    /// Milliseconds since 1970 when the access token ends.
    pub expires_at: Option<u64>,
    /// Where the sign-in came from.
    pub source: Source,
}

/// Where a sign-in came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// User name and password.
    Password,
    /// A GitHub token.
    Github,
    /// The token store.
    Cache,
    /// No token is needed.
    None,
}

/// What a cluster has, and what was granted; by default, where nothing was asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capacity {
    /// Nodes ready now.
    pub available_nodes: u32,
    /// Nodes granted; 0 if none were asked for.
    pub requested_nodes: u32,
    /// Whether that differs from what was asked for.
    pub clamped: bool,
    /// Whether as many are ready as were waited for, or granted.
    pub ready: bool,
    /// Names the request.
    pub request_id: Option<RequestId>,
    /// When it ends.
    pub expires_at: Option<UtcTime>,
    /// What it may cost at most.
    pub cost_micro_usd: Option<i64>,
}

/// What the version rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionReport {
    /// The server's release, such as `4.20.0`.
    pub server: String,
    /// The release spoken.
    pub client: String,
    /// Whether the server is newer within the same major release.
    pub out_of_date: bool,
    /// What that means, in words.
    pub warning: Option<String>,
}

/// A request for nodes that lives on.
#[derive(Clone, Debug, PartialEq)]
pub struct Extended {
    /// Which.
    pub request_id: RequestId,
    /// Its nodes.
    pub nodes: u32,
    /// When it ends now.
    pub expires_at: UtcTime,
    /// What it may cost beyond what was promised before.
    pub cost_micro_usd: i64,
}

/// What is wanted after a release.
#[derive(Clone, Debug, PartialEq)]
pub struct Released {
    /// Nodes wanted now.
    pub target_nodes: u32,
}
