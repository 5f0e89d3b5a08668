//! Reading a request body, whole and within limits.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http_body::Body as _;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::refusal::Refusal;

/// Reads a body of at most `limit` bytes, which must arrive within `time`.
pub(crate) async fn read(body: Body, limit: usize, time: Duration) -> Result<Bytes, Refusal> {
    // What is announced as too large is not waited for.
    if usize::try_from(body.size_hint().lower()).map_or(true, |announced| announced > limit) {
        return Err(Refusal::BodyTooLarge(limit));
    }
    let reading = tokio::time::timeout(time, Limited::new(body, limit).collect());
    match reading.await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Refusal::BodyTooLarge(limit)),
        Ok(Err(_)) => Err(Refusal::BodyBroken),
        Err(_) => Err(Refusal::BodyTooSlow(time)),
    }
}

/// Reads JSON, whatever content type it claims: nodes claim none.
pub(crate) fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::BadBody(error.to_string()))
}
