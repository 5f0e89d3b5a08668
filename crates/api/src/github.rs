//! Signing in with GitHub in a browser (`/api/v1/github/…`): the way there, and the way back.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Body of `POST /api/v1/github/flows`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeginGitHubFlow {
    /// What it is for.
    pub purpose: GitHubPurpose,
}

/// What somebody goes to GitHub for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GitHubPurpose {
    /// To sign in, or to sign up where that is open.
    SignIn,
    /// To be able to sign in to the account whose token is sent with both requests.
    Link,
}

/// Answer to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GitHubFlow {
    /// Where the browser goes next. GitHub leads it back with `code` and `state`.
    pub authorize_url: String,
    /// What binds the way back to this browser: kept there, and in no address. It is good for ten minutes, and once.
    pub flow: String,
}

/// Body of `POST /api/v1/github/session`; the answer is a pair of tokens.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GitHubReturn {
    /// As it was answered when the browser left.
    pub flow: String,
    /// As GitHub says it in the address to which it leads back.
    pub code: String,
    /// The same.
    pub state: String,
    /// The organization the tokens shall be good for; without one they are for the user's own account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
}

impl fmt::Debug for GitHubFlow {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubFlow").finish_non_exhaustive()
    }
}

impl fmt::Debug for GitHubReturn {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GitHubReturn").field("organization", &self.organization).finish_non_exhaustive()
    }
}
