//! The headers of what a client is answered: what a node may say, and what the gateway adds.
//!
//! A node's answer is shown by a browser under an origin that may also serve the provisioning system
//! (`/clusters/<organization>/`). So a node must not be able to set cookies, policies or service workers
//! there, and nothing it answers runs as a page.

use axum::response::{IntoResponse, Response};
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ALT_SVC, CONNECTION, CONTENT_LENGTH,
    CONTENT_SECURITY_POLICY, PROXY_AUTHENTICATE, SET_COOKIE, STRICT_TRANSPORT_SECURITY, TE, TRAILER,
    TRANSFER_ENCODING, UPGRADE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// Headers that concern one connection only (RFC 9110, section 7.6.1), and the length, which is told
/// anew from the body: a node that claims both a length and chunks must not confuse anybody behind us.
const OF_THE_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    CONTENT_LENGTH,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    PROXY_AUTHENTICATE,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Headers that act on the whole origin, which is not the node's.
const OF_THE_ORIGIN: [HeaderName; 5] = [
    SET_COOKIE,
    HeaderName::from_static("clear-site-data"),
    HeaderName::from_static("service-worker-allowed"),
    ALT_SVC,
    STRICT_TRANSPORT_SECURITY,
];

/// Takes from a node's answer what must not pass.
pub(crate) fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    // Nodes from v4.3.0 send CORS headers of their own, which would contradict ours.
    let cors: Vec<HeaderName> =
        headers.keys().filter(|name| name.as_str().starts_with("access-control-")).cloned().collect();
    for name in named.iter().chain(&cors).chain(&OF_THE_CONNECTION).chain(&OF_THE_ORIGIN) {
        headers.remove(name);
    }
}

/// Adds what every answer of the gateway carries, its refusals included: without CORS headers a browser
/// shows a refusal as a network error.
pub(crate) fn dress(headers: &mut HeaderMap) {
    let fixed = [
        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (ACCESS_CONTROL_EXPOSE_HEADERS, "Date, Retry-After, ETag, X-Request-Id"),
        (CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// The answer to a preflight. It names `Authorization`, which `*` does not cover.
pub(crate) fn preflight() -> Response {
    let allowed = [
        (ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS"),
        (
            ACCESS_CONTROL_ALLOW_HEADERS,
            "Authorization, Content-Type, X-SlideRule-Streaming, X-SlideRule-Client, Idempotency-Key, If-Match",
        ),
        (ACCESS_CONTROL_MAX_AGE, "3600"),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::strip;

    #[test]
    fn what_a_node_says_about_its_connection_or_about_the_origin_does_not_pass() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("server", "sliderule/v4.20.0"),
            ("content-type", "text/plain"),
            ("connection", "keep-alive, X-Node-Private"),
            ("x-node-private", "1"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=1"),
            ("clear-site-data", "\"*\""),
            ("service-worker-allowed", "/"),
            ("access-control-allow-credentials", "true"),
        ] {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip(&mut headers);
        let mut left: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
        left.sort_unstable();
        assert_eq!(left, ["content-type", "server"]);
    }
}
