//! Issuing and verifying tokens: Ed25519-signed JWTs with the claims of `sliderule_api::tokens`.
//!
//! Always holds: a token is good for one audience, one user and one purpose, and nothing in it is believed before its
//! signature is verified. What else must be so for it to open anything (its session and its user, which can end any
//! time) is looked up elsewhere, every time.

use std::sync::{Arc, PoisonError, RwLock};

use sliderule_api::API_PATH;
use sliderule_api::keys::JsonWebKeys;
use sliderule_api::tokens::{Audience, Claims, TokenAnswer, TokenKind};

use super::keyring::{KeyRing, TimedKey};
use super::lineage::{Lineage, Names};
use super::rotation::Exchange;
use crate::config::TokenLifetimes;
use crate::store::User;
use crate::{Error, instants};

/// Longest token that is looked at; ours have less than 800 bytes.
const LONGEST: usize = 1024;

/// How far in the future a token may have been issued, since clocks are set back at times.
const CLOCK_SET_BACK: u64 = 60;

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

/// Whose tokens, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// Whose.
    pub user: User,
    /// What for.
    pub audience: Audience,
    /// The session they belong to.
    pub session: String,
}

/// Issues and verifies tokens.
pub struct TokenMint {
    ring: RwLock<Arc<KeyRing>>,
    lineage: Lineage,
    lifetimes: TokenLifetimes,
}

impl TokenMint {
    /// A mint without keys, which issues nothing and verifies nothing.
    #[must_use]
    pub fn new(lineage: Lineage, lifetimes: TokenLifetimes) -> Self {
        Self { ring: RwLock::default(), lineage, lifetimes }
    }

    /// These are the keys from now on. Whether that changed anything.
    pub fn use_keys(&self, keys: Vec<TimedKey>) -> bool {
        let changed = !self.ring().is_of(&keys);
        if changed {
            *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(KeyRing::new(keys));
        }
        changed
    }

    /// The public halves of the keys.
    #[must_use]
    pub fn public_keys(&self) -> JsonWebKeys {
        self.ring().public()
    }

    /// The names of the pair that a refresh token is exchanged for.
    #[must_use]
    pub fn children(&self, parent: &Claims) -> Names {
        self.lineage.children(&parent.jti)
    }

    /// Fixes the times and the key of a pair that is issued now in a session that ends then.
    ///
    /// # Errors
    /// There is no key, which the next look at the keys repairs.
    pub fn exchange(&self, ends_at: u64, now: u64) -> Result<Exchange, Error> {
        let TokenLifetimes { access_seconds, refresh_seconds, .. } = self.lifetimes;
        let until = |seconds: u64| now.saturating_add(seconds).min(ends_at);
        let (access_until, refresh_until) = (until(access_seconds), until(refresh_seconds));
        let ring = self.ring();
        let key = ring.signing(now).ok_or_else(|| Error::Failed("no key signs tokens now".to_owned()))?;
        Ok(Exchange { at: now, access_until, refresh_until, kid: key.kid().to_owned() })
    }

    /// The pair of these names that was issued, or is, as the exchange says; `None` if its key is gone. The tokens are
    /// the same every time, and the answer around them says how long they live from now on.
    ///
    /// # Errors
    /// Signing failed, which no input can cause.
    pub fn pair(
        &self,
        bearer: &Bearer,
        names: Names,
        exchange: &Exchange,
        now: u64,
    ) -> Result<Option<TokenAnswer>, Error> {
        let ring = self.ring();
        let Some(key) = ring.named(&exchange.kid) else { return Ok(None) };
        let sign = |token_type, jti, exp| {
            key.sign(&Claims {
                token_type,
                exp,
                iat: exchange.at,
                jti,
                sid: bearer.session.clone(),
                aud: bearer.audience.clone(),
                org_name: bearer.audience.clone(),
                user_name: bearer.user.name.clone(),
                user_id: bearer.user.id,
            })
        };
        // Existing clients renew after half of it, and take nothing for no lifetime at all.
        let lifetime = |until: u64| format!("{}.0", until.saturating_sub(now).max(1));
        Ok(Some(TokenAnswer {
            exp: instants::token_form(exchange.access_until),
            access_lifetime: lifetime(exchange.access_until),
            refresh_lifetime: lifetime(exchange.refresh_until),
            refresh: sign(TokenKind::Refresh, names.refresh, exchange.refresh_until)?,
            access: sign(TokenKind::Access, names.access, exchange.access_until)?,
            api: Some(API_PATH.to_owned()),
        }))
    }

    /// Whom a token was issued to, for what, if it is good for `kind` now.
    ///
    /// # Errors
    /// It is not one of ours, has ended, or serves another purpose.
    pub fn verify(&self, token: &str, kind: TokenKind, now: u64) -> Result<Claims, TokenProblem> {
        if token.len() > LONGEST {
            return Err(TokenProblem::Invalid);
        }
        let ring = self.ring();
        let claims = match kind {
            TokenKind::Access => ring.remembered_claims(token, now),
            TokenKind::Refresh => ring.claims(token, now),
        };
        let claims = claims.ok_or(TokenProblem::Invalid)?;
        if claims.aud != claims.org_name || claims.iat > now.saturating_add(CLOCK_SET_BACK) {
            return Err(TokenProblem::Invalid);
        }
        if claims.token_type != kind {
            return Err(TokenProblem::WrongKind);
        }
        if claims.exp <= now {
            return Err(TokenProblem::Expired);
        }
        Ok(claims)
    }

    fn ring(&self) -> Arc<KeyRing> {
        Arc::clone(&self.ring.read().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::tokens::{Audience, TokenAnswer, TokenKind};

    use super::{Bearer, Lineage, Names, TimedKey, TokenMint, TokenProblem};
    use crate::auth::SigningKey;
    use crate::auth::key_schedule::KeyTimes;
    use crate::config::TokenLifetimes;
    use crate::store::User;

    fn key(secret: u8) -> TimedKey {
        let key = SigningKey::of(&[secret; 32]);
        let kid = key.kid().to_owned();
        TimedKey { key, times: KeyTimes { kid, made_at: 0, signs_from: 0, verifies_until: None } }
    }

    fn mint(secrets: &[u8]) -> TokenMint {
        let mint = TokenMint::new(Lineage::new(&[0; 32]), TokenLifetimes::default());
        mint.use_keys(secrets.iter().map(|&secret| key(secret)).collect());
        mint
    }

    fn ada() -> Bearer {
        let user = User { id: 7, name: "ada".parse().unwrap() };
        Bearer { user, audience: Audience::Organization("acme".parse().unwrap()), session: "s".to_owned() }
    }

    fn issue(mint: &TokenMint, bearer: &Bearer) -> TokenAnswer {
        let exchange = mint.exchange(u64::MAX, 1000).unwrap();
        mint.pair(bearer, Names::draw(), &exchange, 1000).unwrap().unwrap()
    }

    #[test]
    fn a_token_says_whom_it_was_issued_to_until_it_ends() {
        let mint = mint(&[1]);
        let issued = issue(&mint, &ada());
        let claims = mint.verify(&issued.access, TokenKind::Access, 4599).unwrap();
        assert_eq!((claims.user_id, claims.org_name.as_str()), (7, "acme"));
        assert_eq!(mint.verify(&issued.access, TokenKind::Access, 4600), Err(TokenProblem::Expired));
        assert!(mint.verify(&issued.access, TokenKind::Access, 940).is_ok(), "the clock was set back");
        assert_eq!(mint.verify(&issued.access, TokenKind::Access, 939), Err(TokenProblem::Invalid));
    }

    #[test]
    fn neither_kind_serves_for_the_other() {
        let mint = mint(&[1]);
        let issued = issue(&mint, &ada());
        assert_eq!(mint.verify(&issued.refresh, TokenKind::Access, 1000), Err(TokenProblem::WrongKind));
        assert_eq!(mint.verify(&issued.access, TokenKind::Refresh, 1000), Err(TokenProblem::WrongKind));
    }

    #[test]
    fn a_token_of_another_key_or_with_a_changed_letter_is_none_of_ours() {
        let issued = issue(&mint(&[2]), &ada());
        for forged in ["", "a.b.c", &issued.access, &issued.access.replace('e', "f")] {
            let verified = mint(&[1]).verify(forged, TokenKind::Access, 1000);
            assert_eq!(verified, Err(TokenProblem::Invalid), "{forged}");
        }
    }

    #[test]
    fn a_token_ends_with_its_key_although_it_was_verified_before() {
        let mint = mint(&[1, 2]);
        let issued = issue(&mint, &ada());
        let claims = mint.verify(&issued.access, TokenKind::Access, 1000).unwrap();
        let exchange = mint.exchange(u64::MAX, 1000).unwrap();
        let others = [1, 2].map(key).into_iter().filter(|key| key.times.kid != exchange.kid).collect();
        assert!(mint.use_keys(others));
        assert_eq!(mint.verify(&issued.access, TokenKind::Access, 1000), Err(TokenProblem::Invalid));
        assert!(mint.pair(&ada(), mint.children(&claims), &exchange, 1000).unwrap().is_none());
    }

    #[test]
    fn the_same_exchange_makes_the_same_tokens_and_says_how_long_they_still_live() {
        let mint = mint(&[1]);
        let parent = mint.verify(&issue(&mint, &ada()).refresh, TokenKind::Refresh, 1000).unwrap();
        let exchange = mint.exchange(1000 + 7200, 1000).unwrap();
        let at = |now| mint.pair(&ada(), mint.children(&parent), &exchange, now).unwrap().unwrap();
        let (first, again, late) = (at(1000), at(1600), at(1000 + 7199));
        for other in [&again, &late] {
            assert_eq!(
                (&first.access, &first.refresh, &first.exp),
                (&other.access, &other.refresh, &other.exp)
            );
        }
        let lives =
            [&first, &again, &late].map(|pair| format!("{} {}", pair.access_lifetime, pair.refresh_lifetime));
        assert_eq!(lives, ["3600.0 7200.0", "3000.0 6600.0", "1.0 1.0"], "no longer than the session");
    }

    #[test]
    fn without_a_key_nothing_is_issued() {
        assert!(mint(&[]).exchange(u64::MAX, 1000).is_err());
    }

    #[test]
    fn the_longest_names_still_make_a_short_token() {
        let bearer = Bearer {
            user: User { id: i64::MAX, name: "u".repeat(150).parse().unwrap() },
            audience: Audience::Organization("o".repeat(63).parse().unwrap()),
            session: "0".repeat(32),
        };
        let mint = mint(&[1]);
        let now = 1_795_467_026;
        let exchange = mint.exchange(u64::MAX, now).unwrap();
        let issued = mint.pair(&bearer, Names::draw(), &exchange, now).unwrap().unwrap();
        assert!(issued.refresh.len() < 800, "{}", issued.refresh.len());
        assert!(issued.access.len() < 800, "{}", issued.access.len());
    }
}
