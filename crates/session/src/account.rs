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
use crate::http::Reply;
use crate::json::{self, Json, Read as _, Write as _, field, read_fields, write_fields};

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

read_fields! {
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
    TokenAnswer { access_lifetime: "access_lifetime", refresh: "refresh", access: "access", api: "api" }
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

/// What is read of an answer with tokens ([`sliderule_api::tokens::TokenAnswer`]).
struct TokenAnswer {
    access_lifetime: String,
    refresh: String,
    access: String,
    api: Option<String>,
}

/// No token is believed to live longer than this.
const LONGEST_LIFETIME_MS: u64 = 366 * 86_400_000;
/// How long a token is believed to live of which neither the answer nor the token itself says it.
const UNKNOWN_LIFETIME_MS: u64 = 60_000;
/// Tokens are renewed this long before their end, if half of their life is not earlier.
const BEFORE_THE_END_MS: u64 = 60_000;

/// A user who signs in with a password.
pub(crate) fn user_principal(name: &str) -> String {
    format!("user:{name}")
}

/// Whoever has that GitHub token; it cannot be read off the name.
pub(crate) fn github_principal(token: &str) -> String {
    let hash = Sha256::digest(token);
    let hexadecimal: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("github:{hexadecimal}")
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
        let claims = claims_of(&answer.access);
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
        Self::read(&json::parse(record)?)?.checked()
    }

    /// The tokens, where they can be sent.
    pub(crate) fn checked(self) -> Option<Rc<Self>> {
        (is_header_safe(&self.access) && is_header_safe(&self.refresh)).then(|| Rc::new(self))
    }

    /// The record to keep.
    pub(crate) fn to_record(&self) -> String {
        self.text()
    }
}

/// How long a token lives, in milliseconds. Servers write the seconds as text.
fn lifetime_ms(text: &str, claims: &Named) -> u64 {
    let by_claims = || claims.exp.zip(claims.iat).map(|(exp, iat)| exp.saturating_sub(iat));
    let sensible = |lifetime: &u64| *lifetime > 0;
    let lifetime = milliseconds(text.trim()).filter(sensible).or_else(|| by_claims().filter(sensible));
    lifetime.unwrap_or(UNKNOWN_LIFETIME_MS).min(LONGEST_LIFETIME_MS)
}

/// After how much of its life a token is renewed: half, or a minute before its end if that comes earlier; but of a
/// token that lives hardly longer than a minute, no earlier than after a quarter.
fn renew_after(lifetime: u64) -> u64 {
    if lifetime <= BEFORE_THE_END_MS {
        return lifetime / 2;
    }
    (lifetime / 2).min((lifetime - BEFORE_THE_END_MS).max(lifetime / 4))
}

/// The milliseconds of a number of seconds such as `3600.0`; without floating point, which nothing else here needs.
fn milliseconds(seconds: &str) -> Option<u64> {
    let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let thousandths = fraction.bytes().chain([b'0'; 3]).take(3);
    let part = thousandths.fold(0, |sum: u64, digit| sum * 10 + u64::from(digit.saturating_sub(b'0')));
    // More digits than fit are longer than anything that is believed.
    Some(whole.parse().unwrap_or(LONGEST_LIFETIME_MS).saturating_mul(1000).saturating_add(part))
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

/// What a token says of itself, which is read here without being verified: for display, as a key, and to guess
/// a lifetime.
#[derive(Default)]
struct Named {
    user_name: Option<String>,
    /// Milliseconds.
    exp: Option<u64>,
    iat: Option<u64>,
}

fn claims_of(token: &str) -> Named {
    let read = |token: &str| {
        let text = String::from_utf8(base64url(token.split('.').nth(1)?)?).ok()?;
        let json = json::parse(&text)?;
        let instant = |name| match json::find(&json, name) {
            Some(Json::Number((seconds, _))) => milliseconds(seconds),
            _ => None,
        };
        let presentable = |name: &String| !name.is_empty() && !name.chars().any(char::is_control);
        let user_name = field::<String>(&json, "user_name").filter(presentable);
        Some(Named { user_name, exp: instant("exp"), iat: instant("iat") })
    };
    read(token).unwrap_or_default()
}

/// Decodes base64url without padding.
fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let (mut bits, mut held) = (0_u32, 0_u32);
    for symbol in text.bytes() {
        let value = match symbol {
            b'A'..=b'Z' => symbol - b'A',
            b'a'..=b'z' => symbol - b'a' + 26,
            b'0'..=b'9' => symbol - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
            bits &= (1 << held) - 1;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::{Named, Tokens, base64url, claims_of, github_principal, lifetime_ms, renew_after};

    #[test]
    fn the_user_is_read_from_the_token() {
        // {"user_name":"ada"}
        assert_eq!(claims_of("e30.eyJ1c2VyX25hbWUiOiJhZGEifQ.sig").user_name.as_deref(), Some("ada"));
        for not in ["", "a.b.c", "opaque", "e30.e30.e30", "e30.!!!.x"] {
            assert_eq!(claims_of(not).user_name, None, "{not}");
        }
        assert_eq!(base64url("_-8").unwrap(), [0xff, 0xef]);
    }

    #[test]
    fn a_record_that_was_tampered_with_is_not_a_record() {
        assert_eq!(Tokens::from_record("{}"), None);
        let record = r#"{"access":"a\nb","refresh":"r","user":"ada","principal":"user:ada","issued_at":0,"renew_at":1,"expires_at":2,"ours":true}"#;
        assert_eq!(Tokens::from_record(record), None);
        let older = record.replace(r#""principal":"user:ada","#, "").replace("\\n", "");
        assert_eq!(Tokens::from_record(&older), None, "a record of an older release");
    }

    #[test]
    fn lifetimes_that_cannot_be_meant_are_taken_from_the_token_or_guessed() {
        let silent = Named::default();
        let says = Named { exp: Some(1_000_000), iat: Some(400_000), ..Named::default() };
        assert_eq!(lifetime_ms("3600.0", &says), 3_600_000);
        for odd in ["0", "-5.0", "NaN", "inf", "1e300", "", ".", "soon"] {
            assert_eq!((lifetime_ms(odd, &says), lifetime_ms(odd, &silent)), (600_000, 60_000), "{odd}");
        }
        assert_eq!(lifetime_ms(&"9".repeat(300), &silent), 366 * 86_400_000);
        assert_eq!(lifetime_ms(" 90 ", &silent), 90_000);
    }

    #[test]
    fn tokens_are_renewed_at_half_life_and_a_minute_before_their_end() {
        let seconds = |life: u64| renew_after(life * 1000) / 1000;
        assert_eq!([3600, 120, 100, 64, 60, 4, 0].map(seconds), [1800, 60, 40, 16, 30, 2, 0]);
    }

    #[test]
    fn a_github_token_cannot_be_read_off_its_principal() {
        assert_eq!(github_principal("abc"), "github:ba7816bf8f01cfea");
    }
}
