//! What wraps the whole API: CORS, security headers, limits, and the answer to a panic.

use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, ETAG, IF_MATCH,
    REFERRER_POLICY, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Method};
use http_body::Body as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{Any as AnyOrigin, CorsLayer};
use tower_http::set_header::SetResponseHeaderLayer;

use super::request_id::REQUEST_ID;
use super::{Refusal, envelope, seen};

/// Makes a retry harmless.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Where somebody was in a stream of events who comes back to it.
pub const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Bodies of the API are a few fields.
const LARGEST_BODY: usize = 64 * 1024;

/// How long the body of a request may take to arrive, whole: a connection that trickles must not be kept for
/// nothing.
pub(super) const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// How long a browser may remember what CORS allows.
const REMEMBER: Duration = Duration::from_secs(24 * 60 * 60);

/// Wraps the API.
pub fn wrap(routes: Router) -> Router {
    let fixed = |name, value| SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value));
    routes
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(from_fn(refuse_large_bodies))
        .layer(CatchPanicLayer::custom(answer_to_panic))
        .layer(from_fn(envelope::choose))
        .layer(cors())
        .layer(SetResponseHeaderLayer::if_not_present(CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .layer(fixed(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(fixed(REFERRER_POLICY, "no-referrer"))
        // What is a page has a policy of its own.
        .layer(SetResponseHeaderLayer::if_not_present(
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ))
        .layer(axum::middleware::from_fn(seen::note))
}

/// What is announced as too large is refused, by routes that read no body too.
async fn refuse_large_bodies(request: Request, next: Next) -> Response {
    let announced = request.body().size_hint().lower();
    if usize::try_from(announced).map_or(true, |announced| announced > LARGEST_BODY) {
        return Refusal::body_too_large().into_response();
    }
    next.run(request).await
}

/// Every origin, without credentials: a page of another site has no token of ours to send unless its user
/// gave it one, and there are no cookies.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AnyOrigin)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allow_headers([AUTHORIZATION, CONTENT_TYPE, ACCEPT, IDEMPOTENCY_KEY, IF_MATCH, LAST_EVENT_ID])
        .expose_headers([DATE, RETRY_AFTER, ETAG, REQUEST_ID])
        .max_age(REMEMBER)
}

/// The panic's own text is in the log and nowhere else.
fn answer_to_panic(_panic: Box<dyn Any + Send>) -> Response {
    tracing::error!("a handler panicked; this is a fault of sliderule-ps");
    Refusal::internal().into_response()
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::get;
    use http::{Request, StatusCode};
    use sliderule_api::Problem;
    use tower::ServiceExt;

    use super::wrap;

    #[tokio::test]
    async fn a_panic_answers_a_bare_500_that_does_not_say_why() {
        async fn broken() -> &'static str {
            panic!("the password is hunter2")
        }
        let routes = wrap(Router::new().route("/", get(broken)));
        let response = routes.oneshot(Request::new(Body::empty())).await.unwrap();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert!(problem.code == "internal_error" && !problem.detail.contains("hunter2"), "{problem:?}");
    }
}
