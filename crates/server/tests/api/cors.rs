//! What a page of another site may do.

use http::Method;

use crate::test_app::{Answer, TestApp};

#[tokio::test]
async fn every_origin_may_ask_and_sees_the_headers_it_needs() {
    let app = TestApp::start().await;
    let request = app.http.get(format!("{}/api/v1/organizations/acme/status", app.url));
    let answer = Answer::of(request.header("origin", "https://notebook.example")).await;
    assert_eq!(answer.status, 401, "a refusal can be read too");
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    let exposed = answer.header("access-control-expose-headers").to_ascii_lowercase();
    for name in ["date", "retry-after", "etag", "x-request-id"] {
        assert!(exposed.contains(name), "{exposed}");
    }
}

#[tokio::test]
async fn a_preflight_lists_methods_and_headers_by_name() {
    let app = TestApp::start().await;
    for path in ["/api/org_token/", "/api/v1/organizations/acme/requests", "/api/no/such/path"] {
        let request = app.http.request(Method::OPTIONS, format!("{}{path}", app.url));
        let request = request.header("origin", "null").header("access-control-request-method", "POST");
        let answer = Answer::of(request.header("access-control-request-headers", "authorization")).await;
        assert_eq!(answer.status, 200);
        let allowed = answer.header("access-control-allow-headers").to_ascii_lowercase();
        for name in ["authorization", "content-type", "idempotency-key", "if-match", "last-event-id"] {
            assert!(allowed.contains(name), "{allowed}");
        }
        assert!(answer.header("access-control-allow-methods").contains("PATCH"));
        assert_eq!(answer.header("access-control-max-age"), "86400");
    }
}
