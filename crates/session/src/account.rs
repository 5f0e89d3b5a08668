//! The tokens of one organization, and the record that the token store keeps of them.
//!
//! A record is kept under deployment, organization and principal, so that no token ever serves another
//! deployment, organization or user. What is read back is checked like anything else from outside. Instants are the
//! server's, as far as its `Date` headers tell them: a wrong clock here ends no token early.

use std::fmt;
use std::rc::Rc;

use sha2::{Digest, Sha256};
use sliderule_api::{ErrorCode, OrganizationName};

use crate::Failure;
use crate::claims::{Claims, lifetime_ms, renew_after};
use crate::http::Reply;
use crate::json::{self, Part, Read, read_fields, write_fields};

/// Tokens of one user for one organization of one deployment. Times are milliseconds since 1970.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Sent with requests.
    pub access: String,
    /// Exchanged, once, for the next pair.
    pub refresh: String,
    /// Whose they are.
    pub user: String,
    /// How that user proved it: `user:<name>`, or `github:` and the beginning of the GitHub token's hash.
    pub principal: String,
    /// When they were received; the newer of two records wins.
    pub issued_at: u64,
    /// From when on they are renewed before a request.
    pub renew_at: u64,
    /// When the access token ends.
    pub expires_at: u64,
    /// Whether the provisioning system has our own API.
    pub ours: bool,
}

impl fmt::Debug for Tokens {
    /// Shows no secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("user", &self.user)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

write_fields! {
    Tokens {
        access: "access",
        refresh: "refresh",
        user: "user",
        principal: "principal",
        issued_at: "issued_at",
        renew_at: "renew_at",
        expires_at: "expires_at",
        ours: "ours",
    }
}

impl Read for Rc<Tokens> {
    fn read(part: Part<'_>) -> Self {
        let tokens = Tokens {
            access: part.field("access"),
            refresh: part.field("refresh"),
            user: part.field("user"),
            principal: part.field("principal"),
            issued_at: part.field("issued_at"),
            renew_at: part.field("renew_at"),
            expires_at: part.field("expires_at"),
            ours: part.field("ours"),
        };
        let sendable = is_header_safe(&tokens.access) && is_header_safe(&tokens.refresh);
        let tokens = Self::new(tokens);
        if sendable { tokens } else { part.unreadable(tokens) }
    }
}

read_fields! {
    TokenAnswer { access_lifetime: "access_lifetime", refresh: "refresh", access: "access", api: "api" }
}

/// What is read of an answer with tokens ([`sliderule_api::tokens::TokenAnswer`]).
struct TokenAnswer {
    access_lifetime: String,
    refresh: String,
    access: String,
    api: Option<String>,
}

/// A user who signs in with a password.
pub(crate) fn user_principal(name: &str) -> String {
    format!("user:{name}")
}

/// Whoever has that GitHub token; it cannot be read off the name.
pub(crate) fn github_principal(token: &str) -> String {
    let mut principal = "github:".to_owned();
    for byte in Sha256::digest(token).iter().take(8) {
        json::hexadecimal(&mut principal, u64::from(*byte), 2);
    }
    principal
}

impl Tokens {
    /// The tokens in an answer of a token endpoint, for this principal; or, where it is empty, for the user by the name as the
    /// server writes it, which is how they are looked for where none is given. A lifetime that cannot be meant is taken from the token itself.
    ///
    /// # Errors
    /// `bad_response` where the answer is not a usable pair of tokens.
    pub(crate) fn from_answer(
        reply: &Reply,
        now: u64,
        principal: &str,
        user: Option<&str>,
    ) -> Result<Rc<Self>, Failure> {
        let answer: TokenAnswer = reply.json()?;
        if !is_header_safe(&answer.access) || !is_header_safe(&answer.refresh) {
            let message = "the provisioning system answered with tokens that cannot be sent";
            return Err(reply.failure(ErrorCode::BadResponse, message));
        }
        let claims = Claims::of(&answer.access);
        let lifetime = lifetime_ms(&answer.access_lifetime, &claims);
        let user =
            claims.user_name.or_else(|| user.map(str::to_owned)).unwrap_or_else(|| "github".to_owned());
        Ok(Rc::new(Self {
            principal: if principal.is_empty() { user_principal(&user) } else { principal.to_owned() },
            user,
            issued_at: now,
            renew_at: now.saturating_add(renew_after(lifetime)),
            expires_at: now.saturating_add(lifetime),
            ours: answer.api.is_some(),
            access: answer.access,
            refresh: answer.refresh,
        }))
    }

    /// The tokens of a record, if it is one.
    pub(crate) fn from_record(record: &str) -> Option<Rc<Self>> {
        json::read(record)
    }

    /// The record to keep.
    pub(crate) fn to_record(&self) -> String {
        json::write(self)
    }
}

/// A token travels in a header, where control characters and spaces have meanings of their own.
fn is_header_safe(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Where a session stands with one organization.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// The tokens held.
    pub tokens: Option<Rc<Tokens>>,
    /// The refresh under way, or how the last one failed.
    pub renewal: Renewal,
    /// How often `authenticate` brought tokens.
    pub explicit: u32,
    /// Whose tokens other tabs are asked for now, by each call that asks: anybody's, or those of one principal.
    pub asking: Vec<Option<String>>,
}

/// A refresh of tokens.
#[derive(Debug, Default)]
pub(crate) enum Renewal {
    /// None is under way.
    #[default]
    Idle,
    /// One is.
    Running,
    /// The last one failed; the tokens are those from before.
    Failed {
        /// When.
        at: u64,
        /// Whether the tokens served no more by then.
        ended: bool,
        /// Why.
        failure: Failure,
    },
}

/// Where the record of a principal is kept.
pub(crate) fn record_key(provisioning: &str, organization: &OrganizationName, principal: &str) -> String {
    format!("sliderule {provisioning} {organization} {principal}")
}

/// Where it is kept whose record was used last.
pub(crate) fn last_principal_key(provisioning: &str, organization: &OrganizationName) -> String {
    format!("sliderule {provisioning} {organization}")
}

#[cfg(test)]
mod tests {
    use super::{Tokens, github_principal};

    #[test]
    fn a_record_that_was_tampered_with_is_not_a_record() {
        assert_eq!(Tokens::from_record("{}"), None);
        let record = r#"{"access":"a\nb","refresh":"r","user":"ada","principal":"user:ada","issued_at":0,"renew_at":1,"expires_at":2,"ours":true}"#;
        assert_eq!(Tokens::from_record(record), None);
        let older = record.replace(r#""principal":"user:ada","#, "").replace("\\n", "");
        assert_eq!(Tokens::from_record(&older), None, "a record of an older release");
    }

    #[test]
    fn a_github_token_cannot_be_read_off_its_principal() {
        assert_eq!(github_principal("abc"), "github:ba7816bf8f01cfea");
    }
}
