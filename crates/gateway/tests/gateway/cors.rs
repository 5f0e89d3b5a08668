//! Pages of every origin may use a cluster with a token, and nothing a cluster answers acts as a page.

use crate::house::{gateway, organization, request};

#[tokio::test]
async fn a_preflight_is_answered_before_the_token_is_asked_for() {
    let preflight = request(
        "OPTIONS",
        "/source/version",
        &[
            ("origin", "http://localhost:8000"),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "authorization,x-sliderule-streaming"),
        ],
        "",
    );
    let response = gateway().serve(organization("acme"), preflight).await;
    assert_eq!(response.status(), 204);
    let headers = response.headers();
    assert_eq!(headers["access-control-allow-origin"], "*");
    assert_eq!(headers["access-control-allow-methods"], "GET, POST, OPTIONS");
    let allowed = headers["access-control-allow-headers"].to_str().unwrap().to_lowercase();
    // `*` would not cover Authorization, so each is there by name.
    for name in [
        "authorization",
        "content-type",
        "x-sliderule-streaming",
        "x-sliderule-client",
        "idempotency-key",
        "if-match",
    ] {
        assert!(allowed.split(", ").any(|allowed| allowed == name), "{name} is not in {allowed}");
    }
    assert_eq!(headers["access-control-max-age"], "3600");
}

#[tokio::test]
async fn every_answer_is_sandboxed() {
    let gateway = gateway();
    for (method, path) in [("GET", "/source/version"), ("GET", "/discovery/status"), ("GET", "/index.html")] {
        let response = gateway.serve(organization("acme"), request(method, path, &[], "")).await;
        let headers = response.headers();
        assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["access-control-allow-origin"], "*", "{path}");
        assert!(!headers.contains_key("access-control-allow-credentials"), "{path}");
    }
}
