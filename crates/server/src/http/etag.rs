//! The version of what is changed (`ETag`), and the one that a change is for (`If-Match`).
//!
//! Always holds: a tag is strong, made of nothing but the bytes of the representation, so that two servers, and one
//! before and after a restart, give the same thing the same tag.

use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, ETAG, IF_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::Serialize;
use sha2::{Digest, Sha256};
use sliderule_api::ErrorCode;

use super::Refusal;

/// How much of the hash a tag has, in bytes: nobody gains by two things of one tag.
const LENGTH: usize = 16;

/// A thing as JSON, with its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagged {
    body: Vec<u8>,
    tag: String,
}

impl Tagged {
    /// The representation of a thing.
    #[must_use]
    pub fn of(thing: &impl Serialize) -> Self {
        let body = serde_json::to_vec(thing).unwrap_or_default();
        let hash = Sha256::digest(&body);
        let hash = hash.get(..LENGTH).unwrap_or_default();
        Self { tag: format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(hash)), body }
    }
}

impl IntoResponse for Tagged {
    fn into_response(self) -> Response {
        let mut response =
            ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], self.body).into_response();
        if let Ok(tag) = HeaderValue::from_str(&self.tag) {
            response.headers_mut().insert(ETAG, tag);
        }
        response
    }
}

/// What a change is for, as its `If-Match` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum For {
    /// Whatever is there.
    Anything,
    /// What has one of these tags.
    OneOf(Vec<String>),
}

impl For {
    /// Reads the header, without which nothing that has tags is changed.
    ///
    /// # Errors
    /// 428 without one.
    pub fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let values: Vec<_> = headers.get_all(IF_MATCH).iter().collect();
        if values.is_empty() {
            let message = "say which version you change: send its ETag, as GET answers it, as If-Match";
            let status = StatusCode::PRECONDITION_REQUIRED;
            return Err(Refusal::new(status, ErrorCode::InvalidArgument, message));
        }
        // A tag of ours has no comma; another's that has one is torn, and matches nothing of ours either way.
        let tags = values.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        let tags: Vec<String> = tags.map(|tag| tag.trim().to_owned()).collect();
        Ok(if tags.iter().any(|tag| tag == "*") { Self::Anything } else { Self::OneOf(tags) })
    }

    /// Lets a change through that is for this version.
    ///
    /// # Errors
    /// 412 if it is for another.
    pub fn check(&self, present: &Tagged) -> Result<(), Refusal> {
        match self {
            Self::Anything => Ok(()),
            Self::OneOf(tags) if tags.contains(&present.tag) => Ok(()),
            Self::OneOf(_) => Err(Refusal::new(
                StatusCode::PRECONDITION_FAILED,
                ErrorCode::InvalidArgument,
                "somebody changed it meanwhile; get it again, and send your change with the ETag it has now",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header::IF_MATCH;
    use http::{HeaderMap, HeaderValue};

    use super::{For, Tagged};

    fn sent(values: &[&'static str]) -> For {
        let values = values.iter().map(|value| (IF_MATCH, HeaderValue::from_static(value)));
        For::read(&values.collect::<HeaderMap>()).unwrap()
    }

    #[test]
    fn a_change_is_for_the_version_whose_tag_it_names_or_for_any() {
        let present = Tagged::of(&7);
        assert_eq!(present.tag, "\"eQJpm-Qsio5G-7tFAXJlFw\"", "a tag never changes by itself");
        assert!(sent(&["\"eQJpm-Qsio5G-7tFAXJlFw\""]).check(&present).is_ok());
        assert!(sent(&["\"x\" , \"eQJpm-Qsio5G-7tFAXJlFw\""]).check(&present).is_ok());
        assert!(sent(&["\"x\"", "*"]).check(&present).is_ok());
        for other in ["\"x\"", "eQJpm-Qsio5G-7tFAXJlFw", "W/\"eQJpm-Qsio5G-7tFAXJlFw\"", ""] {
            assert!(sent(&[other]).check(&present).is_err(), "{other}");
        }
        assert!(For::read(&HeaderMap::new()).is_err());
    }
}
