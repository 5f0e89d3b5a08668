//! The tokens of one organization, and the record that the token store keeps of them.
//!
//! A record is kept under deployment, organization and principal, so that no token ever serves another
//! deployment, organization or user. What is read back is checked like anything else from outside.

use std::fmt;

use serde::{Deserialize, Serialize};
use sliderule_api::tokens::TokenAnswer;
use sliderule_api::{ErrorCode, OrganizationName};

use crate::Failure;
use crate::http::Reply;

/// Tokens of one user for one organization of one deployment. Times are milliseconds since 1970.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// Sent with requests.
    pub access: String,
    /// Exchanged, once, for the next pair.
    pub refresh: String,
    /// Whose they are.
    pub user: String,
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

/// No token is believed to live longer than this.
const LONGEST_LIFETIME_S: f64 = 366.0 * 86_400.0;

impl Tokens {
    /// The tokens in an answer of a token endpoint.
    ///
    /// # Errors
    /// `bad_response` where the answer is not a usable pair of tokens.
    pub(crate) fn from_answer(reply: &Reply, now: u64, user: Option<&str>) -> Result<Self, Failure> {
        let answer: TokenAnswer = reply.json()?;
        let bad = |what: &str| {
            reply.failure(ErrorCode::BadResponse, format!("the provisioning system answered {what}"))
        };
        if !is_header_safe(&answer.access) || !is_header_safe(&answer.refresh) {
            return Err(bad("with tokens that cannot be sent"));
        }
        let seconds: f64 =
            answer.access_lifetime.parse().map_err(|_| bad("without the lifetime of its token"))?;
        if !(seconds > 0.0 && seconds <= LONGEST_LIFETIME_S) {
            return Err(bad("with an impossible lifetime of its token"));
        }
        let lifetime = milliseconds(seconds);
        let user =
            user_of(&answer.access).or_else(|| user.map(str::to_owned)).unwrap_or_else(|| "github".into());
        Ok(Self {
            user,
            issued_at: now,
            renew_at: now.saturating_add(lifetime / 2),
            expires_at: now.saturating_add(lifetime),
            ours: answer.api.is_some(),
            access: answer.access,
            refresh: answer.refresh,
        })
    }

    /// The tokens of a record, if it is one.
    pub(crate) fn from_record(record: &str) -> Option<Self> {
        let tokens: Self = serde_json::from_str(record).ok()?;
        (is_header_safe(&tokens.access) && is_header_safe(&tokens.refresh)).then_some(tokens)
    }

    /// The record to keep.
    pub(crate) fn to_record(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Seconds within the bounds checked above, as whole milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 < seconds <= one year")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0) as u64
}

/// A token travels in a header, where control characters and spaces have meanings of their own.
fn is_header_safe(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Where a session stands with one organization.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// The tokens held.
    pub tokens: Option<Tokens>,
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
        /// Why.
        failure: Failure,
    },
}

/// Where the record of a user is kept.
pub(crate) fn record_key(provisioning: &str, organization: &OrganizationName, user: &str) -> String {
    format!("sliderule {provisioning} {organization} {user}")
}

/// Where it is kept whose record was used last.
pub(crate) fn last_user_key(provisioning: &str, organization: &OrganizationName) -> String {
    format!("sliderule {provisioning} {organization}")
}

/// The user named in a token, which is read here without being verified: for display and as a key only.
fn user_of(token: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        user_name: String,
    }
    let payload = base64url(token.split('.').nth(1)?)?;
    let named: Named = serde_json::from_slice(&payload).ok()?;
    let plain = !named.user_name.is_empty() && !named.user_name.chars().any(char::is_control);
    plain.then_some(named.user_name)
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
    use super::{Tokens, base64url, user_of};

    #[test]
    fn the_user_is_read_from_the_token() {
        // {"user_name":"ada"}
        assert_eq!(user_of("e30.eyJ1c2VyX25hbWUiOiJhZGEifQ.sig").as_deref(), Some("ada"));
        for not in ["", "a.b.c", "opaque", "e30.e30.e30", "e30.!!!.x"] {
            assert_eq!(user_of(not), None, "{not}");
        }
        assert_eq!(base64url("_-8").unwrap(), [0xff, 0xef]);
    }

    #[test]
    fn a_record_that_was_tampered_with_is_not_a_record() {
        assert_eq!(Tokens::from_record("{}"), None);
        let record = r#"{"access":"a\nb","refresh":"r","user":"ada","issued_at":0,"renew_at":1,"expires_at":2,"ours":true}"#;
        assert_eq!(Tokens::from_record(record), None);
    }
}
