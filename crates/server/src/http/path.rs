//! The segments of a path.

use axum::extract::{FromRequestParts, Path};
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;
use sliderule_api::ErrorCode;

use super::Refusal;

/// Like axum's `Path`, with an answer of ours where a segment cannot be read.
pub struct Segments<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<T>::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| not_there("a part of this path cannot be read as text"))
    }
}

/// A number of nodes or minutes. Anything but digits is no such path, as it was in the original; more
/// than there can be is as much as there can be, and left to the limits.
///
/// # Errors
/// 404 for anything but digits.
pub fn number(text: &str, what: &'static str) -> Result<u32, Refusal> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_there(&format!("`{}` is not a number of {what}", text.escape_default())));
    }
    Ok(text.parse().unwrap_or(u32::MAX))
}

fn not_there(message: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, ErrorCode::InvalidArgument, message)
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_digits_and_saturate() {
        assert_eq!(number("7", "nodes").unwrap(), 7);
        assert_eq!(number("99999999999999999999", "nodes").unwrap(), u32::MAX);
        for bad in ["", "-1", "+1", "1.5", "٣", "many"] {
            assert!(number(bad, "nodes").is_err(), "{bad}");
        }
    }
}
