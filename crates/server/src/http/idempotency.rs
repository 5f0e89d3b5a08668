//! The `Idempotency-Key` of what costs money.

use axum::extract::Request;

use super::Refusal;
use super::layers::IDEMPOTENCY_KEY;

/// Longest key that is kept.
const LONGEST_KEY: usize = 200;

/// The key of a request that needs one.
///
/// # Errors
/// There is none, or it cannot be kept.
pub fn required(request: &Request) -> Result<String, Refusal> {
    optional(request)?.ok_or_else(|| unusable("what costs money needs"))
}

/// The key of a request that does as well without one.
///
/// # Errors
/// It cannot be kept.
pub fn optional(request: &Request) -> Result<Option<String>, Refusal> {
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match value.to_str() {
        // Of two keys nobody knows which is meant.
        _ if values.next().is_some() => Err(unusable("make use of no more than")),
        Ok(key) if !key.is_empty() && key.len() <= LONGEST_KEY => Ok(Some(key.to_owned())),
        _ => Err(unusable("make use of")),
    }
}

fn unusable(beginning: &str) -> Refusal {
    Refusal::bad_request(format!(
        "{beginning} one Idempotency-Key header of 1 to {LONGEST_KEY} printable characters, new for every order"
    ))
}
