//! The id under which an answer is found in the log.
//!
//! A proxy or a client may bring one along. It is taken only if it can do no harm wherever it is written or sent on;
//! otherwise there is a new one. Every answer carries it.

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Its header.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from outside.
const LONGEST: usize = 64;

/// The id that a request brought along, or a new one.
pub fn of(headers: &HeaderMap) -> HeaderValue {
    let mut brought = headers.get_all(REQUEST_ID).iter();
    match (brought.next(), brought.next()) {
        (Some(only), None) if is_harmless(only.as_bytes()) => only.clone(),
        _ => new(),
    }
}

fn is_harmless(id: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    (1..=LONGEST).contains(&id.len()) && id.iter().all(is_plain)
}

fn new() -> HeaderValue {
    let mut text = Uuid::encode_buffer();
    let text = Uuid::new_v4().hyphenated().encode_lower(&mut text);
    // Hexadecimal digits and hyphens are a header's value.
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static("none"))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue};

    use super::{REQUEST_ID, of};

    fn with(ids: &[&[u8]]) -> HeaderMap {
        ids.iter().map(|id| (REQUEST_ID, HeaderValue::from_bytes(id).unwrap())).collect()
    }

    #[test]
    fn an_id_from_outside_is_taken_if_it_can_do_no_harm() {
        let long = [b'x'; 64];
        for id in [&b"a"[..], b"01J9-trace_7", &long] {
            assert_eq!(of(&with(&[id])).as_bytes(), id);
        }
    }

    #[test]
    fn any_other_is_replaced_by_a_new_one() {
        let too_long = [b'x'; 65];
        let alone: [&[u8]; 6] = [b"", b"a b", b"a\tb", b"a;b", b"\xff", &too_long];
        let mut brought: Vec<Vec<&[u8]>> = alone.iter().map(|id| vec![*id]).collect();
        brought.extend([vec![], vec![&b"a"[..], b"b"]]);
        for ids in &brought {
            let id = of(&with(ids));
            assert!(id.len() == 36 && id != of(&with(ids)), "{id:?}");
        }
    }
}
