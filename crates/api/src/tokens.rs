//! Requests for tokens, the answer to them, and the claims inside.
//!
//! Follows `shared/reference/provisioning-api.md`, sections 1.3 and 1.4; the sixth key of the answer
//! and the audience claim are ours.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{OrganizationName, UserName};

/// Body of `POST /api/org_token/`.
#[derive(Clone, Serialize, Deserialize)]
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
pub struct GithubSignIn {
    /// The organization the token shall be good for.
    pub org_name: String,
    /// A GitHub access token of the user.
    pub access_token: String,
}

/// Body of `POST /api/org_token/refresh/` and of `POST /api/token/blacklist/`.
#[derive(Clone, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The refresh token.
    pub refresh: String,
}

/// What every token endpoint answers. Field order is that of the original.
#[derive(Clone, Serialize, Deserialize)]
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
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Sent with requests.
    Access,
    /// Exchanged for a new pair.
    Refresh,
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
    /// The one organization the token is good for.
    pub aud: OrganizationName,
    /// The same once more, where existing nodes and scripts look for it.
    pub org_name: OrganizationName,
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
    use super::{PasswordSignIn, TokenAnswer};

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
