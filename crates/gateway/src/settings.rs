//! What an operator or a test may set about a gateway.

use std::time::Duration;

/// How a call of a plain service reaches the nodes: a `POST` with `x-sliderule-streaming: 0`, which is
/// how a browser asks for a plain answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainCalls {
    /// As the client sent it. Releases from v4.3.0 and the reference node understand it.
    #[default]
    AsSent,
    /// As `GET` with a body, the only form that releases before v4.3.0 answer
    /// (`shared/reference/cluster-protocol.md`, section 0, fact 5).
    AsGetWithBody,
}

/// Limits and habits of a gateway. The defaults are those of the official one where it has any
/// (`shared/reference/cluster-protocol.md`, section 2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Largest request body that is taken, in bytes. Bodies are held whole, because nodes understand
    /// only those that announce their length.
    pub max_request_body: usize,
    /// How long a client may take to send its request body.
    pub request_body_timeout: Duration,
    /// How long a node may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long a node may stay silent, before its answer begins and within it.
    pub node_silence: Duration,
    /// How plain calls reach the nodes.
    pub plain_calls: PlainCalls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            max_request_body: 1024 * 1024,
            request_body_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            node_silence: Duration::from_secs(600),
            plain_calls: PlainCalls::AsSent,
        }
    }
}
