//! People and their accounts, as our own API says them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Body of `POST /api/v1/session`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Who signs in.
    pub username: String,
    /// Their password; never stored, logged or shown.
    pub password: String,
    /// The organization the tokens shall be good for; without one they are for the user's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

impl fmt::Debug for SignIn {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("username", &self.username)
            .field("organization", &self.organization)
            .finish_non_exhaustive()
    }
}
