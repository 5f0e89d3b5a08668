//! How long tokens live, and what they say of themselves.
//!
//! Nothing is verified here: what a token says serves for display, as a key, and to guess a lifetime. A lifetime that cannot be
//! meant breaks nothing.

use sliderule_api::text::{decimal, split_once};
use sliderule_records::json::utf8;

use crate::json::{self, Json};

/// No token is believed to live longer than this.
const LONGEST_LIFETIME_MS: u64 = 366 * 86_400_000;
/// How long a token is believed to live of which neither the answer nor the token itself says it.
const UNKNOWN_LIFETIME_MS: u64 = 60_000;
/// Tokens are renewed this long before their end, if half of their life is not earlier.
const BEFORE_THE_END_MS: u64 = 60_000;

/// What a token says of itself, which is read here without being verified: for display, as a key, and to guess
/// a lifetime.
#[derive(Default)]
pub(crate) struct Claims {
    /// Who it was issued to.
    pub user_name: Option<String>,
    /// When it ends, in milliseconds.
    exp: Option<u64>,
    /// When it was issued.
    iat: Option<u64>,
}

impl Claims {
    /// What this token says; nothing where it is none of ours.
    pub(crate) fn of(token: &str) -> Self {
        let read = |token: &str| {
            let (_, rest) = split_once(token, ".")?;
            let (payload, _) = split_once(rest, ".").unwrap_or((rest, ""));
            let bytes = base64url(payload)?;
            let json = json::parse(utf8(&bytes)?)?;
            let instant = |name| match json::find(&json, name) {
                Some(Json::Number(seconds)) => milliseconds(seconds),
                _ => None,
            };
            let presentable = |name: &&str| !name.is_empty() && !name.chars().any(char::is_control);
            let user_name = json::text(&json, "user_name").filter(presentable).map(str::to_owned);
            Some(Self { user_name, exp: instant("exp"), iat: instant("iat") })
        };
        read(token).unwrap_or_default()
    }
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

/// How long a token lives, in milliseconds. Servers write the seconds as text.
pub(crate) fn lifetime_ms(text: &str, claims: &Claims) -> u64 {
    let mut lifetime = milliseconds(text.trim_ascii()).unwrap_or(0);
    if lifetime == 0
        && let (Some(exp), Some(iat)) = (claims.exp, claims.iat)
    {
        lifetime = exp.saturating_sub(iat);
    }
    if lifetime == 0 { UNKNOWN_LIFETIME_MS } else { lifetime.min(LONGEST_LIFETIME_MS) }
}

/// After how much of its life a token is renewed: half, or a minute before its end if that comes earlier; but of a
/// token that lives hardly longer than a minute, no earlier than after a quarter.
pub(crate) fn renew_after(lifetime: u64) -> u64 {
    if lifetime <= BEFORE_THE_END_MS {
        return lifetime / 2;
    }
    (lifetime / 2).min((lifetime - BEFORE_THE_END_MS).max(lifetime / 4))
}

/// The milliseconds of a number of seconds such as `3600.0`; without floating point, which nothing else here needs.
fn milliseconds(seconds: &str) -> Option<u64> {
    let (whole, fraction) = split_once(seconds, ".").unwrap_or((seconds, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let mut fraction = fraction.bytes();
    let mut thousandths = 0;
    for _ in 0..3 {
        thousandths =
            thousandths * 10 + fraction.next().map_or(0, |digit| u64::from(digit.saturating_sub(b'0')));
    }
    // More digits than fit are longer than anything that is believed.
    let whole = decimal(whole).unwrap_or(LONGEST_LIFETIME_MS);
    Some(whole.saturating_mul(1000).saturating_add(thousandths))
}

#[cfg(test)]
mod tests {
    use super::{Claims, base64url, lifetime_ms, renew_after};

    #[test]
    fn the_user_is_read_from_the_token() {
        // {"user_name":"ada"}
        assert_eq!(Claims::of("e30.eyJ1c2VyX25hbWUiOiJhZGEifQ.sig").user_name.as_deref(), Some("ada"));
        for not in ["", "a.b.c", "opaque", "e30.e30.e30", "e30.!!!.x"] {
            assert_eq!(Claims::of(not).user_name, None, "{not}");
        }
        assert_eq!(base64url("_-8").unwrap(), [0xff, 0xef]);
    }

    #[test]
    fn lifetimes_that_cannot_be_meant_are_taken_from_the_token_or_guessed() {
        let silent = Claims::default();
        let says = Claims { exp: Some(1_000_000), iat: Some(400_000), ..Claims::default() };
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
}
