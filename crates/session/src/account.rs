//! The tokens of one organization, and the record that the token store keeps of them.
//!
//! A record is kept under deployment, organization and principal, so that no token ever serves another
//! deployment, organization or user. What is read back is checked like anything else from outside. Instants are the
//! server's, as far as its `Date` headers tell them: a wrong clock here ends no token early.

use std::fmt;
use std::rc::Rc;

use sha2::block_api::compress256;
use sliderule_api::ErrorCode;

use crate::Failure;
use crate::address::Target;
use crate::claims::{Claims, lifetime_ms, renew_after};
use crate::http::Reply;
use crate::json::{self, Part, Read, read_fields, write_fields};
use crate::world::{State, World};

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
    let [first, second, ..] = sha256(token.as_bytes());
    json::hexadecimal(&mut principal, u64::from(first), 8);
    json::hexadecimal(&mut principal, u64::from(second), 8);
    principal
}

/// The hash in words of 32 bits. `Sha256`, which takes what it hashes in pieces, is more code than the hash.
fn sha256(text: &[u8]) -> [u32; 8] {
    let mut padded = text.to_vec();
    padded.push(0x80);
    while padded.len() % 64 != 56 {
        padded.push(0);
    }
    padded.extend((text.len() as u64 * 8).to_be_bytes());
    let mut state = [
        0x6a09_e667,
        0xbb67_ae85,
        0x3c6e_f372,
        0xa54f_f53a,
        0x510e_527f,
        0x9b05_688c,
        0x1f83_d9ab,
        0x5be0_cd19,
    ];
    let (blocks, _) = padded.as_chunks();
    compress256(&mut state, blocks);
    state
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
        let user = claims.user_name.as_deref().or(user).unwrap_or("github").to_owned();
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

    /// The record to keep.
    pub(crate) fn to_record(&self) -> String {
        json::write(self)
    }

    /// Whether these are of the same principal, and were received later.
    pub(crate) fn is_newer_than(&self, held: &Self) -> bool {
        self.principal == held.principal
            && self.user == held.user
            && self.issued_at > held.issued_at
            && self.access != held.access
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

impl State {
    /// The account of the target's organization, if it ever had tokens.
    pub(crate) fn account(&self, target: &Target) -> Option<&Account> {
        self.accounts.get(target.organization.as_ref()?)
    }

    /// The same, to be changed.
    pub(crate) fn account_mut(&mut self, target: &Target) -> Option<&mut Account> {
        self.accounts.get_mut(target.organization.as_ref()?)
    }
}

/// The tokens held for the target's organization.
pub(crate) fn held(world: &World, target: &Target) -> Option<Rc<Tokens>> {
    world.with(|state| state.account(target)?.tokens.clone())
}

/// What the token store has of a principal, or of whoever signed in last.
pub(crate) async fn stored(world: &World, target: &Target, principal: Option<&str>) -> Option<Rc<Tokens>> {
    let principal = match principal {
        Some(name) => name.to_owned(),
        None => world.load(target.key("")).await?,
    };
    let record = world.load(target.key(&principal)).await?;
    json::read::<Rc<Tokens>>(&record).filter(|tokens| tokens.principal == principal)
}

/// What another tab or worker put into the store, if it is newer than these.
pub(crate) async fn newer(world: &World, target: &Target, old: &Tokens) -> Option<Rc<Tokens>> {
    stored(world, target, Some(&old.principal)).await.filter(|tokens| tokens.is_newer_than(old))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::{Tokens, github_principal, sha256};
    use crate::json;

    fn is_record(text: &str) -> bool {
        json::read::<Rc<Tokens>>(text).is_some()
    }

    #[test]
    fn a_record_that_was_tampered_with_is_not_a_record() {
        assert!(!is_record("{}"));
        let record = r#"{"access":"a\nb","refresh":"r","user":"ada","principal":"user:ada","issued_at":0,"renew_at":1,"expires_at":2,"ours":true}"#;
        assert!(!is_record(record) && is_record(&record.replace("\\n", "")));
        let older = record.replace(r#""principal":"user:ada","#, "").replace("\\n", "");
        assert!(!is_record(&older), "a record of an older release");
    }

    proptest! {
        #[test]
        fn a_hash_is_that_of_the_library(text in prop::collection::vec(any::<u8>(), 0..200)) {
            let bytes: Vec<u8> = sha256(&text).into_iter().flat_map(u32::to_be_bytes).collect();
            prop_assert_eq!(bytes, Sha256::digest(&text).to_vec());
        }
    }

    #[test]
    fn a_github_token_cannot_be_read_off_its_principal() {
        assert_eq!(github_principal("abc"), "github:ba7816bf8f01cfea");
    }
}
