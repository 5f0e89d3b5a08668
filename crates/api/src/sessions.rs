//! Sessions, as our own API says them: `/api/v1/session` and `/api/v1/sessions`.
//!
//! A session is what one sign-in began, and every refresh that followed from it.

use serde::{Deserialize, Serialize};

use crate::{OrganizationName, UserName, UtcTime};

/// How a session began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedInBy {
    /// With user name and password.
    Password,
    /// On GitHub's page.
    Github,
    /// With a GitHub access token.
    GithubToken,
    /// With the token of an account session, for one organization.
    Account,
}

impl SignedInBy {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Password, Self::Github, Self::GithubToken, Self::Account];

    /// The way, as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Github => "github",
            Self::GithubToken => "github_token",
            Self::Account => "account",
        }
    }
}

/// Answer of `GET /api/v1/session`: whose token was sent, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhoAmI {
    /// Who.
    pub user: UserName,
    /// Where they are reached; told to tokens for the account only.
    pub email: Option<String>,
    /// The organization that the token is good for; `None` for the account itself.
    pub organization: Option<OrganizationName>,
    /// What they may do in that organization: `member`, `manager` or `owner`; `None` if their membership is not active.
    pub role: Option<String>,
    /// Whether they may look after all organizations.
    pub is_staff: bool,
    /// The session that the token belongs to.
    pub session: String,
    /// When the token ends.
    pub expires_at: UtcTime,
}

/// Answer of `GET /api/v1/sessions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sessions {
    /// The caller's sessions that have not ended, the last used first.
    pub sessions: Vec<Session>,
}

/// A session that has not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// What it is named by; no secret.
    pub id: String,
    /// The organization that its tokens are good for; `None` for the account itself.
    pub organization: Option<OrganizationName>,
    /// How it began.
    pub how: SignedInBy,
    /// The address from where it began.
    pub address: String,
    /// What the client called itself when it began.
    pub agent: String,
    /// When it began.
    pub began_at: UtcTime,
    /// When it was last refreshed.
    pub used_at: UtcTime,
    /// When it ends, however often it is refreshed.
    pub ends_at: UtcTime,
    /// Whether the token that was sent belongs to it.
    pub current: bool,
}

/// Answer of `DELETE /api/v1/sessions` and `DELETE /api/v1/session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsRevoked {
    /// How many sessions were ended.
    pub revoked: u64,
}

/// Body of `POST /api/v1/session/organization`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenOrganization {
    /// The organization that the tokens shall be good for.
    pub organization: String,
}
