//! What happens to a cluster, as it happens: the server-sent events of `GET /api/v1/organizations/<org>/events`.
//!
//! | event | data | when |
//! |---|---|---|
//! | `status` | a [`ClusterStatus`](crate::status::ClusterStatus) | at once, and whenever it is another one |
//! | `notice` | a [`Notice`](crate::notices::Notice) | when somebody is told something |
//! | `end` | an [`End`] | last |
//!
//! Their ids are numbers of notices: who comes back with the last one as `Last-Event-ID` misses none.

use serde::{Deserialize, Serialize};

/// Why no more events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The access token has ended: listen again with a new one.
    TokenExpired,
    /// The membership, the session or the account is not active any more.
    MembershipEnded,
    /// The server stops, or cannot go on: listen again a little later.
    Unavailable,
}

/// The last event of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct End {
    /// Why.
    pub reason: EndReason,
    /// The same for people, with what to do.
    pub message: String,
}
