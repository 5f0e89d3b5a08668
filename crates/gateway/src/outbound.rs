//! What a node is sent: the one place that decides method, path, headers and body.
//!
//! Official nodes drop a request whose head is longer than 1024 bytes, read no chunked bodies, and take
//! the whole path, query included, for the name of a script (`shared/reference/cluster-protocol.md`,
//! section 2.2). And nodes run code of their own: what lets somebody into the cluster never reaches one.
//! So few headers pass, by name, and only short values.

use bytes::Bytes;
use http::header::{ACCEPT, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, request};
use http_body_util::Full;

use crate::refusal::Refusal;
use crate::{NodeAddress, PlainCalls};

/// `0` asks a streaming verb for a plain answer.
const STREAMING: HeaderName = HeaderName::from_static("x-sliderule-streaming");

/// The request headers that pass.
const PASSED: [HeaderName; 4] =
    [ACCEPT, CONTENT_TYPE, STREAMING, HeaderName::from_static("x-sliderule-client")];

/// A longer value is left out: four of these, the target and what is added stay below 1024 bytes.
const MAX_VALUE: usize = 128;

/// The longest path and query that pass.
const MAX_TARGET: usize = 256;

/// Whether a path is that of a service: `/source/`, then names of letters, digits and `_ - .`, none of
/// them made of dots alone, so that no node can take it for a way to somewhere else.
pub(crate) fn is_service(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let name = |part: &str| part.bytes().all(plain) && part.bytes().any(|byte| byte != b'.');
    path.strip_prefix("/source/").is_some_and(|names| names.split('/').all(name))
}

/// A client's request as the nodes shall see it; it can be sent to several, one after the other.
#[derive(Debug)]
pub(crate) struct Outbound {
    method: Method,
    target: PathAndQuery,
    headers: HeaderMap,
    body: Bytes,
}

impl Outbound {
    /// Takes from a client's request what may pass. Asked before the body is read, hence without it.
    pub(crate) fn new(client: &request::Parts, plain_calls: PlainCalls) -> Result<Self, Refusal> {
        let target = client.uri.path_and_query().ok_or(Refusal::NoSuchPath)?.clone();
        if !is_service(target.path()) {
            return Err(Refusal::NoSuchPath);
        }
        if target.as_str().len() > MAX_TARGET {
            return Err(Refusal::PathTooLong);
        }
        let is_plain = client.headers.get(STREAMING).is_some_and(|value| value == "0");
        let method = match (&client.method, plain_calls) {
            (&Method::POST, PlainCalls::AsGetWithBody) if is_plain => Method::GET,
            (&Method::GET | &Method::POST, _) => client.method.clone(),
            _ => return Err(Refusal::MethodNotAllowed),
        };
        let mut headers = HeaderMap::new();
        for name in PASSED {
            if let Some(value) = client.headers.get(&name).filter(|value| value.len() <= MAX_VALUE) {
                headers.insert(name, value.clone());
            }
        }
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
        Ok(Self { method, target, headers, body: Bytes::new() })
    }

    /// The same with a body.
    pub(crate) fn with_body(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// The request for one node. `Host` comes from the URI.
    pub(crate) fn to(&self, node: NodeAddress) -> Result<Request<Full<Bytes>>, http::Error> {
        let uri: Uri = format!("{node}{}", self.target).parse()?;
        let mut request =
            Request::builder().method(&self.method).uri(uri).body(Full::new(self.body.clone()))?;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(CONTENT_LENGTH, self.body.len().into());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::{Method, Request, request};

    use super::{Outbound, is_service};
    use crate::PlainCalls;
    use crate::refusal::Refusal;

    fn client(method: &str, uri: &str, headers: &[(&str, &str)]) -> request::Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_plain_call_becomes_get_with_a_body_where_the_nodes_need_that() {
        let method = |streaming, plain_calls| {
            let parts = client("POST", "/source/version", &[("x-sliderule-streaming", streaming)]);
            let outbound = Outbound::new(&parts, plain_calls).unwrap().with_body(Bytes::from_static(b"{}"));
            let request = outbound.to("http://127.0.0.1:9".parse().unwrap()).unwrap();
            assert_eq!(request.headers()["content-length"], "2");
            request.method().clone()
        };
        assert_eq!(method("0", PlainCalls::AsGetWithBody), Method::GET);
        assert_eq!(method("0", PlainCalls::AsSent), Method::POST);
        assert_eq!(method("1", PlainCalls::AsGetWithBody), Method::POST);
    }

    #[test]
    fn the_head_a_node_reads_stays_below_1024_bytes() {
        let long = "a".repeat(128);
        let too_long = "b".repeat(4000);
        let uri = format!("/source/{}", "c".repeat(248));
        let parts = client(
            "POST",
            &uri,
            &[
                ("accept", &long),
                ("content-type", &long),
                ("x-sliderule-streaming", &long),
                ("x-sliderule-client", &long),
                ("user-agent", &too_long),
                ("cookie", &too_long),
            ],
        );
        let outbound = Outbound::new(&parts, PlainCalls::AsSent).unwrap();
        let request =
            outbound.to("http://[fe80:1234:1234:1234:1234:1234:1234:1234]:65535".parse().unwrap()).unwrap();
        let line = request.uri().to_string().len() + "POST  HTTP/1.1\r\n".len();
        let host = "host: \r\n".len() + request.uri().authority().unwrap().as_str().len();
        let fields: usize = request.headers().iter().map(|(n, v)| n.as_str().len() + v.len() + 4).sum();
        assert!(line + host + fields + 2 < 1024, "{}", line + host + fields + 2);
        let parts = client("GET", &format!("{uri}d"), &[]);
        assert_eq!(Outbound::new(&parts, PlainCalls::AsSent).unwrap_err(), Refusal::PathTooLong);
    }

    #[test]
    fn only_plain_names_below_source_are_services() {
        for good in ["/source/version", "/source/a/b", "/source/v1.2_x-y"] {
            assert!(is_service(good), "{good}");
        }
        for bad in
            ["/source", "/source/", "/source//a", "/source/../x", "/source/%2e%2e/x", "/sources/x", "/"]
        {
            assert!(!is_service(bad), "{bad}");
        }
    }
}
