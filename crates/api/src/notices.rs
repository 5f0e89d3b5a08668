//! What people are told, in our own API: `GET /api/v1/organizations/<org>/notices?after=&limit=`.

use serde::{Deserialize, Serialize};

use crate::{UserName, UtcTime};

/// Answer of `GET /api/v1/organizations/<org>/notices`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notices {
    /// The notices after the one asked for, oldest first.
    pub notices: Vec<Notice>,
    /// What to ask for `after` next; the number of the last one seen so far.
    pub next_after: u64,
}

/// Something people are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Notice {
    /// Its number; later ones have greater numbers.
    pub number: u64,
    /// When it happened.
    pub at: UtcTime,
    /// What kind of thing it is: `funds_low`, `out_of_funds`, `request_shortened` and so on; text, so that a new kind
    /// breaks no client.
    pub kind: String,
    /// Whom it concerns; `None` for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// What happened, and what to do.
    pub message: String,
}
