//! Requests for tokens, the answer to them, and the claims inside.
//!
//! Follows `shared/reference/provisioning-api.md`, sections 1.3 and 1.4; the sixth key of the answer
//! and the audience claim are ours.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::names::InvalidName;
use crate::{OrganizationName, UserName};

/// Body of `POST /api/org_token/`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasswordSignIn {
    /// Who signs in.
    pub username: String,
    /// Their password; never stored, logged or shown.
    pub password: String,
    /// The organization the token shall be good for.
    pub org_name: String,
}

/// Body of `POST /api/org_token_github/`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct GithubSignIn {
    /// The organization the token shall be good for.
    pub org_name: String,
    /// A GitHub access token of the user.
    pub access_token: String,
}

/// Body of `POST /api/org_token/refresh/` and of `POST /api/token/blacklist/`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefreshToken {
    /// The refresh token.
    pub refresh: String,
}

/// What every token endpoint answers. Field order is that of the original.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenAnswer {
    /// When the access token ends, as `2026-11-23T20:50:26UTC`.
    pub exp: String,
    /// Seconds as text, such as `"3600.0"`: existing clients parse a string.
    pub access_lifetime: String,
    /// Seconds as text, such as `"86400.0"`.
    pub refresh_lifetime: String,
    /// The refresh token, good for one use.
    pub refresh: String,
    /// The access token, sent as `Authorization: Bearer`.
    pub access: String,
    /// Where our own API is; absent from the answers of older servers, which do not have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api: Option<String>,
}

/// What a token serves for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Sent with requests.
    Access,
    /// Exchanged for a new pair.
    Refresh,
}

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Audience {
    /// The user's own account, and nothing of any organization. A name that no organization can have.
    Account,
    /// One organization.
    Organization(OrganizationName),
}

impl Audience {
    /// The account, on the wire: the reserved name of the provisioning system itself.
    pub const ACCOUNT: &'static str = "ps";

    /// The audience as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Account => Self::ACCOUNT,
            Self::Organization(name) => name.as_str(),
        }
    }

    /// The organization, if it is one.
    #[must_use]
    pub fn organization(&self) -> Option<&OrganizationName> {
        match self {
            Self::Account => None,
            Self::Organization(name) => Some(name),
        }
    }
}

impl TryFrom<String> for Audience {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        if text == Self::ACCOUNT { Ok(Self::Account) } else { text.parse().map(Self::Organization) }
    }
}

impl From<Audience> for String {
    fn from(audience: Audience) -> Self {
        audience.as_str().to_owned()
    }
}

/// The claims inside a token of ours. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Access or refresh; one never serves for the other.
    pub token_type: TokenKind,
    /// When the token ends.
    pub exp: u64,
    /// When it was issued.
    pub iat: u64,
    /// Unique per token, 32 hexadecimal digits.
    pub jti: String,
    /// The session it belongs to, 32 hexadecimal digits: a sign-in and all refreshes that followed from it.
    pub sid: String,
    /// What the token is good for.
    pub aud: Audience,
    /// The same once more, where existing nodes and scripts look for it.
    pub org_name: Audience,
    /// Whom the token was issued to.
    pub user_name: UserName,
    /// The same by number, which is never reused.
    pub user_id: i64,
}

macro_rules! secret_debug {
    ($($name:ident { $($shown:ident),* }),*) => {$(
        impl fmt::Debug for $name {
            /// Shows no secret.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))$(.field(stringify!($shown), &self.$shown))*.finish_non_exhaustive()
            }
        }
    )*};
}
secret_debug!(
    PasswordSignIn { username, org_name },
    GithubSignIn { org_name },
    RefreshToken {},
    TokenAnswer { exp, access_lifetime, refresh_lifetime, api }
);

#[cfg(test)]
mod tests {
    use super::{Audience, PasswordSignIn, TokenAnswer};
    use crate::OrganizationName;

    #[test]
    fn the_account_is_an_audience_that_no_organization_can_be() {
        let read = |text: &str| serde_json::from_str::<Audience>(&format!("\"{text}\"")).unwrap();
        assert_eq!(read("ps"), Audience::Account);
        assert!("ps".parse::<OrganizationName>().is_err());
        assert_eq!(read("acme").organization().map(OrganizationName::as_str), Some("acme"));
        assert_eq!(serde_json::to_string(&Audience::Account).unwrap(), "\"ps\"");
    }

    #[test]
    fn debug_output_carries_no_secret() {
        let sign_in =
            PasswordSignIn { username: "ada".into(), password: "hunter2".into(), org_name: "acme".into() };
        assert!(!format!("{sign_in:?}").contains("hunter2"));
    }

    #[test]
    fn an_answer_without_the_sixth_key_comes_from_an_older_server() {
        let older = r#"{"exp":"2026-11-23T20:50:26UTC","access_lifetime":"3600.0","refresh_lifetime":"86400.0","refresh":"r","access":"a"}"#;
        let answer: TokenAnswer = serde_json::from_str(older).unwrap();
        assert_eq!(answer.api, None);
        assert_eq!(serde_json::to_string(&answer).unwrap(), older);
    }
}
