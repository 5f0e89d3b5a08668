//! What no answer goes without, and what no request may have.

use http::{HeaderMap, Method, StatusCode};

use crate::test_app::{Answer, TestApp};

/// Every path of the API, read from its table of contents, with something in place of what is variable.
fn paths() -> Vec<String> {
    let table = include_str!("../../src/router.rs");
    let quoted = table.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
    let filled = quoted.map(|path| {
        let segments = path.split('/').map(|segment| match segment {
            "{organization}" => "acme",
            "{nodes}" | "{minutes}" => "60",
            other if other.starts_with('{') => "7",
            other => other,
        });
        segments.collect::<Vec<_>>().join("/")
    });
    filled.collect()
}

/// What is asked for besides: pages, clusters, names that nobody has.
const ELSEWHERE: [&str; 7] = [
    "/",
    "/no/such/page",
    "/api/nothing",
    "/clusters/acme/source/version",
    "/clusters/acme/discovery/status",
    "/clusters/nobody/source/version",
    "/clusters/-/",
];

fn check(headers: &HeaderMap, what: &str) {
    let header = |name| headers.get(name).map_or("", |value| value.to_str().unwrap());
    assert_eq!(header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(header("x-frame-options"), "DENY", "{what}");
    assert_eq!(header("referrer-policy"), "no-referrer", "{what}");
    assert!(header("content-security-policy").contains("default-src 'none'"), "{what}");
    // What everybody may see is kept for a while.
    let is_kept = header("cache-control").starts_with("public,") && what.contains("jwks");
    assert!(is_kept || ["no-store", "no-cache"].contains(&header("cache-control")), "{what}");
    assert!(!header("x-request-id").is_empty(), "{what}");
    assert!(!headers.contains_key("set-cookie") && !headers.contains_key("server"), "{what}");
    assert!(!header("content-type").starts_with("application/json;"), "{what}");
}

#[tokio::test]
async fn every_answer_has_the_headers_of_security_whatever_is_asked() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let paths = paths();
    assert!(paths.len() > 20, "the table of contents is read: {paths:?}");
    // The token may end with what is deleted.
    for method in [Method::GET, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for path in paths.iter().map(String::as_str).chain(ELSEWHERE) {
            for token in [None, Some(token.as_str())] {
                let request = app.http.request(method.clone(), format!("{}{path}", app.url));
                let request = token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth);
                // The body is left unread: that of events never ends.
                let answer = request.send().await.unwrap();
                assert!(answer.status().as_u16() != 500, "{method} {path}");
                check(answer.headers(), &format!("{method} {path}"));
            }
        }
    }
}

#[tokio::test]
async fn no_route_takes_a_body_of_more_than_64_kib() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for path in paths() {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let url = format!("{}{path}", app.url);
            let request = app.http.request(method.clone(), url).bearer_auth(&token);
            let request = request.header("content-type", "application/json").body("x".repeat(65 * 1024));
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{method} {path}: {answer}");
            assert_eq!(answer.text("code"), "invalid_argument");
        }
    }
}
