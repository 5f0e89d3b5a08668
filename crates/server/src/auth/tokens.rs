//! Issuing and verifying tokens: Ed25519-signed JWTs with the claims of `sliderule_api::tokens`.
//!
//! Always holds: a token is good for one organization, one user and one purpose, and nothing in it is
//! believed before its signature is verified. Access tokens that were verified are remembered by their
//! hash, since a stream of small requests would otherwise spend its time on signatures; whether the
//! member is still one is asked elsewhere, every time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jsonwebtoken::{Algorithm, Header, Validation, decode, encode};
use sha2::{Digest, Sha256};
use sliderule_api::API_PATH;
use sliderule_api::tokens::{Audience, Claims, TokenAnswer, TokenKind};
use uuid::Uuid;

use super::SigningKey;
use crate::config::TokenLifetimes;
use crate::store::User;
use crate::{Error, instants};

/// Verified tokens remembered at most; beyond, all are forgotten and verified again.
const REMEMBERED: usize = 4096;

/// Longest token that is looked at; ours have less than 800 bytes.
const LONGEST: usize = 4096;

/// Why a token is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProblem {
    /// Not a token of ours.
    Invalid,
    /// One of ours that has ended.
    Expired,
    /// One of ours, for another purpose.
    WrongKind,
}

/// A fresh pair of tokens.
pub type Issued = TokenAnswer;

/// Issues and verifies tokens.
pub struct TokenMint {
    key: SigningKey,
    lifetimes: TokenLifetimes,
    verified: Mutex<HashMap<[u8; 32], Claims>>,
}

impl TokenMint {
    /// A mint with that key.
    #[must_use]
    pub fn new(key: SigningKey, lifetimes: TokenLifetimes) -> Self {
        Self { key, lifetimes, verified: Mutex::default() }
    }

    /// Issues a pair of tokens of a session.
    ///
    /// # Errors
    /// Signing failed, which no input can cause.
    pub fn issue(
        &self,
        user: &User,
        audience: &Audience,
        session: &str,
        now_seconds: u64,
    ) -> Result<Issued, Error> {
        let TokenLifetimes { access_seconds, refresh_seconds } = self.lifetimes;
        let sign = |token_type, lifetime| {
            let claims = Claims {
                token_type,
                exp: now_seconds.saturating_add(lifetime),
                iat: now_seconds,
                jti: Uuid::new_v4().simple().to_string(),
                sid: session.to_owned(),
                aud: audience.clone(),
                org_name: audience.clone(),
                user_name: user.name.clone(),
                user_id: user.id,
            };
            encode(&Header::new(Algorithm::EdDSA), &claims, &self.key.encoding)
                .map_err(|error| Error::Failed(format!("a token could not be signed: {error}")))
        };
        Ok(TokenAnswer {
            exp: instants::token_form(now_seconds.saturating_add(access_seconds)),
            access_lifetime: format!("{access_seconds}.0"),
            refresh_lifetime: format!("{refresh_seconds}.0"),
            refresh: sign(TokenKind::Refresh, refresh_seconds)?,
            access: sign(TokenKind::Access, access_seconds)?,
            api: Some(API_PATH.to_owned()),
        })
    }

    /// Whom a token was issued to, for what, if it is good for `kind` now.
    ///
    /// # Errors
    /// It is not one of ours, has ended, or serves another purpose.
    pub fn verify(&self, token: &str, kind: TokenKind, now_seconds: u64) -> Result<Claims, TokenProblem> {
        if token.len() > LONGEST {
            return Err(TokenProblem::Invalid);
        }
        let claims = self.signed_claims(token, kind)?;
        if claims.token_type != kind {
            return Err(TokenProblem::WrongKind);
        }
        if claims.exp <= now_seconds {
            return Err(TokenProblem::Expired);
        }
        Ok(claims)
    }

    fn signed_claims(&self, token: &str, kind: TokenKind) -> Result<Claims, TokenProblem> {
        let hash: [u8; 32] = Sha256::digest(token).into();
        let remembered = self.verified.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(claims) = remembered {
            return Ok(claims);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        // Time and audience are compared by us: with our clock, and with what is asked for.
        validation.validate_exp = false;
        validation.validate_aud = false;
        let decoded = decode::<Claims>(token, &self.key.decoding, &validation);
        let claims = decoded.map_err(|_| TokenProblem::Invalid)?.claims;
        if claims.aud != claims.org_name {
            return Err(TokenProblem::Invalid);
        }
        if kind == TokenKind::Access {
            let mut verified = self.verified.lock().unwrap_or_else(PoisonError::into_inner);
            if verified.len() >= REMEMBERED {
                verified.clear();
            }
            verified.insert(hash, claims.clone());
        }
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::tokens::{Audience, TokenKind};

    use super::{SigningKey, TokenMint, TokenProblem};
    use crate::config::TokenLifetimes;
    use crate::store::User;

    fn mint() -> TokenMint {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::load_or_create(&dir.path().join("key")).unwrap();
        TokenMint::new(key, TokenLifetimes::default())
    }

    fn acme() -> Audience {
        Audience::Organization("acme".parse().unwrap())
    }

    fn ada() -> User {
        User { id: 7, name: "ada".parse().unwrap() }
    }

    #[test]
    fn a_token_says_whom_it_was_issued_to_until_it_ends() {
        let mint = mint();
        let issued = mint.issue(&ada(), &acme(), "s", 1000).unwrap();
        let claims = mint.verify(&issued.access, TokenKind::Access, 4599).unwrap();
        assert_eq!((claims.user_id, claims.org_name.as_str()), (7, "acme"));
        assert_eq!(mint.verify(&issued.access, TokenKind::Access, 4600), Err(TokenProblem::Expired));
    }

    #[test]
    fn neither_kind_serves_for_the_other() {
        let mint = mint();
        let issued = mint.issue(&ada(), &acme(), "s", 1000).unwrap();
        assert_eq!(mint.verify(&issued.refresh, TokenKind::Access, 1000), Err(TokenProblem::WrongKind));
        assert_eq!(mint.verify(&issued.access, TokenKind::Refresh, 1000), Err(TokenProblem::WrongKind));
    }

    #[test]
    fn a_token_of_another_key_or_with_a_changed_letter_is_none_of_ours() {
        let (mint, other) = (mint(), mint());
        let issued = other.issue(&ada(), &acme(), "s", 1000).unwrap();
        for forged in ["", "a.b.c", &issued.access, &issued.access.replace('e', "f")] {
            assert_eq!(mint.verify(forged, TokenKind::Access, 1000), Err(TokenProblem::Invalid), "{forged}");
        }
    }

    #[test]
    fn the_longest_names_still_make_a_short_token() {
        let longest = Audience::Organization("o".repeat(63).parse().unwrap());
        let user = User { id: i64::MAX, name: "u".repeat(150).parse().unwrap() };
        let issued = mint().issue(&user, &longest, &"0".repeat(32), 1_795_467_026).unwrap();
        assert!(issued.access.len() < 800, "{}", issued.access.len());
    }
}
