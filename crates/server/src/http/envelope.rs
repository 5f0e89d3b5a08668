//! Which form a refusal has: the one place where that is decided.
//!
//! Below `/api/v1/` it is `application/problem+json` with the number of the status and the request it answers, as RFC
//! 9457 has them. Everywhere else it is `application/json` with `"status": "FAILED"`, since existing clients compare
//! that word. Everything else about the two is the same.

use super::refusal::Told;
use super::request_id::REQUEST_ID;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use sliderule_api::API_PATH;
use sliderule_api::error::PROBLEM_JSON;

/// Answers, and rewrites what is a refusal in our own API.
pub(super) async fn choose(request: Request, next: Next) -> Response {
    if !is_ours(request.uri().path()) {
        return next.run(request).await;
    }
    let instance = instance(request.headers());
    let mut response = next.run(request).await;
    if let Some(told) = response.extensions_mut().remove::<Told>() {
        *response.body_mut() = told.with_number(instance).into();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
    }
    response
}

fn is_ours(path: &str) -> bool {
    path.starts_with(API_PATH) || path == API_PATH.trim_end_matches('/')
}

/// The request as a URN, of which every id that is taken can be a part.
fn instance(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    Some(format!("urn:sliderule:request:{id}"))
}
