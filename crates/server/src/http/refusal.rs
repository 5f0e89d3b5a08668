//! Every answer that is not a success.
//!
//! Which error type to use where: a handler returns [`Refusal`]; everything below it returns
//! [`crate::Error`]. `?` turns the latter into a bare 500, because what goes wrong inside is for the log
//! and not for the client; what a client can correct is made a refusal where it is found.
//!
//! Always holds: the body is JSON, a `Problem` with both envelopes of the original; no secret is in it. It is
//! written as existing clients read it, and written anew by [`super::envelope`] for our own API.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value, json};
use sliderule_api::error::ProblemStatus;
use sliderule_api::status::{Fit, Runway};
use sliderule_api::{ErrorCode, Problem};
use sliderule_control::StoreError;

use crate::Error;
use crate::auth::TooBusy;

/// An answer that is not a success. One pointer, since it is the error of every handler.
#[derive(Debug)]
pub struct Refusal(Box<Answer>);

/// The refusal that an answer is, beside its body.
#[derive(Clone, Debug)]
pub(super) struct Told(Arc<Answer>);

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    code: ErrorCode,
    problem: Problem,
    more: Map<String, Value>,
    header: Option<(HeaderName, HeaderValue)>,
}

/// What is sent.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    problem: &'a Problem,
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

impl Refusal {
    /// A refusal with one of our codes and a sentence for people.
    pub fn new(status: StatusCode, code: ErrorCode, message: impl Into<String>) -> Self {
        let problem = Problem::new(code, message);
        Self(Box::new(Answer { status, code, problem, more: Map::new(), header: None }))
    }

    /// 400: something in the request is wrong.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidArgument, message)
    }

    /// 400: fields of the body are missing or wrong; each with its messages, as the original has them.
    pub fn fields(messages: Vec<(String, &'static str)>) -> Self {
        let named: Vec<_> = messages.iter().map(|(field, why)| format!("{field}: {why}")).collect();
        let mut refusal = Self::bad_request(named.join(" "));
        refusal.0.more = messages.into_iter().map(|(field, why)| (field, json!([why]))).collect();
        refusal
    }

    /// 403: the caller's role, or what the operator has set, does not allow it.
    pub fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorCode::NotAllowed, message)
    }

    /// 409: it does not fit what is there already.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, ErrorCode::InvalidArgument, message)
    }

    /// 401 with a challenge: sign in, or refresh.
    pub fn unauthorized(code: ErrorCode, message: impl Into<String>) -> Self {
        let mut refusal = Self::new(StatusCode::UNAUTHORIZED, code, message);
        refusal.0.header = Some((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"api\"")));
        refusal
    }

    /// 401 with the original's code for a token that is not accepted, which existing clients look for.
    pub fn token_not_valid(message: &'static str) -> Self {
        let mut refusal = Self::unauthorized(ErrorCode::ReauthenticationRequired, message);
        refusal.0.problem.code = "token_not_valid".to_owned();
        refusal
    }

    /// 413: whoever sends that much means another service.
    #[must_use]
    pub fn body_too_large() -> Self {
        let message = "the request body is too large; what is sent here are a few fields";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, ErrorCode::InvalidArgument, message)
    }

    /// 429: try again after so many seconds.
    pub fn throttled(message: impl Into<String>, seconds: u32) -> Self {
        let mut refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::Throttled, message);
        refusal.0.header = Some((RETRY_AFTER, HeaderValue::from(seconds)));
        refusal
    }

    /// The refusal with another status.
    #[must_use]
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.0.status = status;
        self
    }

    /// The refusal of an order, with what would be granted in its place.
    #[must_use]
    pub fn fitting(mut self, fits: Vec<Fit>) -> Self {
        self.0.problem.fits = fits;
        self
    }

    /// The refusal of an order, with who asked for what, and how long the money lasts.
    #[must_use]
    pub fn explained(mut self, explanation: String, runway: Runway) -> Self {
        self.0.problem.explanation = Some(explanation);
        self.0.problem.runway = Some(runway);
        self
    }

    /// The refusal with one more number for programs.
    #[must_use]
    pub fn with(mut self, name: &'static str, number: i64) -> Self {
        self.0.more.insert(name.to_owned(), number.into());
        self
    }

    /// 500: a fault of ours, about which the client learns nothing more.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::InternalError,
            "the server failed; try again, and tell its operator the X-Request-Id of this answer if it stays",
        )
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Answer { status, code, problem, more, header } = &*self.0;
        let body = serde_json::to_vec(&Body { problem, more }).unwrap_or_default();
        let kind = HeaderValue::from_static("application/json");
        let mut response = (*status, [(CONTENT_TYPE, kind)], body).into_response();
        // For the metrics; the client reads it in the body.
        response.extensions_mut().insert(*code);
        if let Some((name, value)) = header {
            response.headers_mut().insert(name, value.clone());
        }
        response.extensions_mut().insert(Told(Arc::from(self.0)));
        response
    }
}

impl Told {
    /// The body with the number of the status in place of the original's word, and with the request it answers.
    pub(super) fn with_number(&self, instance: Option<String>) -> Vec<u8> {
        let Answer { status, problem, more, .. } = &*self.0;
        let status = ProblemStatus::Http(status.as_u16());
        let problem = &Problem { status, instance, ..problem.clone() };
        serde_json::to_vec(&Body { problem, more }).unwrap_or_default()
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        if let Error::Busy(busy) = error {
            return Self::too_busy(busy);
        }
        tracing::error!(%error, "a request failed");
        Self::internal()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Error::from(error).into()
    }
}

impl Refusal {
    /// The refusal of somebody who would have to wait for a hash.
    #[must_use]
    pub fn too_busy(busy: TooBusy) -> Self {
        Self::throttled(busy.to_string(), 2)
    }
}

/// Answers a path that does not exist.
pub async fn not_found() -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        ErrorCode::InvalidArgument,
        "there is nothing at this path; see docs/ for those that exist",
    )
}

/// Answers a method that a path does not have. The router adds the header that says which it has.
pub async fn method_not_allowed(method: Method) -> Refusal {
    let message = format!("Method \"{method}\" not allowed.");
    Refusal::new(StatusCode::METHOD_NOT_ALLOWED, ErrorCode::InvalidArgument, message)
}
