//! The fields of a request body: JSON or a form, as existing clients send either.
//!
//! Always holds: whatever is sent, the answer to it is JSON and names what is wrong; the values, which
//! may be passwords, are in no message.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, Request};
use axum::response::IntoResponse;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sliderule_api::ErrorCode;

use super::Refusal;
use super::layers::SLOWEST_BODY;

const REQUIRED: &str = "This field is required.";
const BLANK: &str = "This field may not be blank.";
const NOT_TEXT: &str = "Not a valid string.";

/// The fields of a body; `None` where a value is not text.
pub struct Fields(BTreeMap<String, Option<String>>);

impl Fields {
    /// The values of these fields, all of which must be there and not be empty.
    ///
    /// # Errors
    /// Says for each field that is not fine what is wrong with it.
    pub fn require<const N: usize>(mut self, names: [&str; N]) -> Result<[String; N], Refusal> {
        let mut wrong = Vec::new();
        let values = names.map(|name| {
            let why = match self.0.remove(name) {
                Some(Some(text)) if !text.is_empty() => return text,
                Some(Some(_)) => BLANK,
                Some(None) => NOT_TEXT,
                None => REQUIRED,
            };
            wrong.push((name.to_owned(), why));
            String::new()
        });
        if wrong.is_empty() { Ok(values) } else { Err(Refusal::fields(wrong)) }
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let content_type = request.headers().get(CONTENT_TYPE).cloned();
        let body = whole_body(request, state).await?;
        let media = content_type.as_ref().map(|value| value.to_str().unwrap_or_default());
        let media = media.map(|text| text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        match media.as_deref() {
            None if body.is_empty() => Ok(Self(BTreeMap::new())),
            Some("application/json") => from_json(&body),
            Some("application/x-www-form-urlencoded") => Ok(Self(
                form_urlencoded::parse(&body).map(|(key, value)| (key.into(), Some(value.into()))).collect(),
            )),
            other => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                ErrorCode::InvalidArgument,
                format!(
                    "Unsupported media type \"{}\" in request; send application/json.",
                    other.unwrap_or_default().escape_default()
                ),
            )),
        }
    }
}

/// A body that is JSON of one form.
///
/// # Errors
/// As of [`whole_body`]; or it is not of that form, which `example` shows.
pub async fn whole_json<T: DeserializeOwned>(request: Request, example: &str) -> Result<T, Refusal> {
    let body = whole_body(request, &()).await?;
    let wrong = |why: &str| Refusal::bad_request(format!("the body must be JSON such as {example}: {why}"));
    // A list would be taken for the fields in their order.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(wrong("it is no object"));
    }
    serde_json::from_slice(&body).map_err(|error| wrong(&error.to_string()))
}

/// Reads a body to its end.
///
/// # Errors
/// It is larger than the limit, takes longer than [`SLOWEST_BODY`], or breaks off.
pub async fn whole_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    let reading = tokio::time::timeout(SLOWEST_BODY, Bytes::from_request(request, state));
    let read = reading.await.map_err(|_elapsed| {
        let seconds = SLOWEST_BODY.as_secs();
        let message = format!("the request body did not arrive within {seconds} s; send it again");
        Refusal::new(StatusCode::REQUEST_TIMEOUT, ErrorCode::TimedOut, message)
    })?;
    read.map_err(|rejection| match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::body_too_large(),
        status => {
            let message = "the request body could not be read; send it again";
            Refusal::new(status, ErrorCode::InvalidArgument, message)
        }
    })
}

fn from_json(body: &[u8]) -> Result<Fields, Refusal> {
    // The parser's message names a place, never a value.
    let parsed = serde_json::from_slice::<Value>(body);
    let parsed = parsed.map_err(|error| Refusal::bad_request(format!("JSON parse error - {error}")))?;
    let Value::Object(object) = parsed else {
        return Err(Refusal::bad_request("the request body must be a JSON object"));
    };
    let text = |value| match value {
        Value::String(text) => Some(text),
        _ => None,
    };
    Ok(Fields(object.into_iter().map(|(key, value)| (key, text(value))).collect()))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::Request;
    use axum::response::IntoResponse;
    use bytes::Bytes;
    use futures_util::StreamExt;
    use futures_util::stream::{self, BoxStream};
    use http::StatusCode;
    use tokio::time::Instant;

    use super::{SLOWEST_BODY, whole_body};

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_in_for_ever_is_not_waited_for() {
        let trickle: BoxStream<'static, std::io::Result<Bytes>> = stream::repeat(())
            .then(async |()| {
                tokio::time::sleep(SLOWEST_BODY / 4).await;
                Ok(Bytes::from_static(b"{"))
            })
            .boxed();
        let begun = Instant::now();
        let refusal = whole_body(Request::new(Body::from_stream(trickle)), &()).await.unwrap_err();
        assert_eq!(begun.elapsed(), SLOWEST_BODY);
        assert_eq!(refusal.into_response().status(), StatusCode::REQUEST_TIMEOUT);
    }
}
