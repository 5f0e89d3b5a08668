//! TLS: which protocols are spoken, which names lead where, and what becomes of a certificate that changes.

use std::path::{Path, PathBuf};

use http::Version;
use reqwest::tls::TlsInfo;
use reqwest::{Certificate, Client, ClientBuilder, Response};
use rustix::process::Signal;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tempfile::TempDir;

use crate::ps::{Ps, acme, log_with, run};

/// Certificate and key of that name, beside these tests.
fn given(name: &str) -> (PathBuf, PathBuf) {
    let file = |end| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(format!("{name}.{end}"));
    (file("pem"), file("key"))
}

/// A data directory in which a certificate and its key lie, too, and the flags that name them.
struct Place {
    dir: TempDir,
    cert: PathBuf,
    key: PathBuf,
}

impl Place {
    fn with(name: &str) -> Self {
        let dir = acme("1");
        let place = Self { cert: dir.path().join("cert.pem"), key: dir.path().join("key.pem"), dir };
        place.put(name);
        place
    }

    fn put(&self, name: &str) {
        let (cert, key) = given(name);
        std::fs::copy(cert, &self.cert).unwrap();
        std::fs::copy(key, &self.key).unwrap();
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("log")
    }

    fn serve(&self) -> Ps {
        let flags = ["--tls-cert", self.cert.to_str().unwrap(), "--tls-key", self.key.to_str().unwrap()];
        Ps::serve_logging(self.dir.path(), &flags, &[], &self.log())
    }
}

/// Trusts the certificates of these tests and no other.
fn trusting() -> ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let root = |name| Certificate::from_pem(&std::fs::read(given(name).0).unwrap()).unwrap();
    Client::builder().tls_certs_only([root("loopback"), root("second")]).tls_info(true)
}

async fn ping(client: &Client, ps: &Ps) -> Response {
    client.get(format!("{}/ping/", ps.url)).send().await.unwrap()
}

/// Which of the certificates an answer came with.
fn shown(answer: &Response) -> &'static str {
    let shown = answer.extensions().get::<TlsInfo>().unwrap().peer_certificate().unwrap().to_vec();
    let is = |name| {
        let pem = std::fs::read(given(name).0).unwrap();
        CertificateDer::from_pem_slice(&pem).unwrap().to_vec() == shown
    };
    ["loopback", "second"].into_iter().find(|name| is(name)).unwrap()
}

#[tokio::test]
async fn it_speaks_http_2_to_who_can_and_http_1_1_to_who_cannot() {
    let place = Place::with("loopback");
    let ps = place.serve();
    assert!(ps.url.starts_with("https://127.0.0.1:"), "{}", ps.url);
    let answer = ping(&trusting().build().unwrap(), &ps).await;
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_2));
    assert!(answer.headers().contains_key("strict-transport-security"));
    let answer = ping(&trusting().http1_only().build().unwrap(), &ps).await;
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_11));
    assert!(ps.end(Signal::TERM).success());
}

#[tokio::test]
async fn the_host_that_is_asked_for_decides_whatever_the_certificate_was_asked_for() {
    let place = Place::with("second");
    let ps = place.serve();
    let address = ps.url.strip_prefix("https://").unwrap().parse().unwrap();
    let named = |client: ClientBuilder| {
        client.resolve("ps.localhost", address).resolve("acme.localhost", address).build().unwrap()
    };
    let port = address.port();
    let both = [(named(trusting()), Version::HTTP_2), (named(trusting().http1_only()), Version::HTTP_11)];
    for (client, version) in &both {
        let get = async |host: &str, path: &str| {
            client.get(format!("https://{host}:{port}{path}")).send().await.unwrap()
        };
        let cluster = get("acme.localhost", "/discovery/status").await;
        assert_eq!((cluster.status().as_u16(), cluster.version()), (200, *version));
        assert_eq!(cluster.text().await.unwrap(), r#"{"nodes":0}"#);
        assert_eq!(get("acme.localhost", "/api/org_token/").await.status(), 404, "a cluster is no system");
        assert_eq!(get("ps.localhost", "/api/org_token/").await.status(), 405);
        assert_eq!(get("ps.localhost", "/clusters/acme/discovery/status").await.status(), 200);
    }
    // The handshake names ps.localhost, the request another host.
    let (old, _) = &both[1];
    let asked =
        old.get(format!("https://ps.localhost:{port}/discovery/status")).header("host", "acme.localhost");
    assert_eq!(asked.send().await.unwrap().text().await.unwrap(), r#"{"nodes":0}"#);
    assert!(ps.end(Signal::TERM).success());
}

#[tokio::test]
async fn a_new_certificate_is_used_for_new_connections_and_old_ones_go_on() {
    let place = Place::with("loopback");
    let ps = place.serve();
    let old = trusting().build().unwrap();
    assert_eq!(shown(&ping(&old, &ps).await), "loopback");

    place.put("second");
    ps.signal(Signal::HUP);
    log_with(&place.log(), "a new certificate is used from now on").await;
    assert_eq!(shown(&ping(&trusting().build().unwrap(), &ps).await), "second");
    assert_eq!(shown(&ping(&old, &ps).await), "loopback", "the connection is the old one");
    assert!(ps.end(Signal::TERM).success());
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_told_and_the_old_one_stays() {
    let place = Place::with("loopback");
    let ps = place.serve();
    let fresh = async || shown(&ping(&trusting().build().unwrap(), &ps).await);
    // The new certificate is there, its key not yet.
    std::fs::copy(given("second").0, &place.cert).unwrap();
    ps.signal(Signal::HUP);
    let log = log_with(&place.log(), "the new certificate cannot be used; the old one still is").await;
    assert!(log.contains("cert.pem"), "{log}");
    assert_eq!(fresh().await, "loopback");

    place.put("second");
    ps.signal(Signal::HUP);
    log_with(&place.log(), "a new certificate is used from now on").await;
    assert_eq!(fresh().await, "second");
    assert!(ps.end(Signal::TERM).success());
}

#[tokio::test]
async fn the_end_of_the_certificate_is_among_the_metrics() {
    let place = Place::with("loopback");
    let ps = place.serve();
    let internal = std::fs::read_to_string(place.dir.path().join("internal.address")).unwrap();
    let metrics =
        reqwest::get(format!("http://{}/metrics", internal.trim())).await.unwrap().text().await.unwrap();
    assert!(metrics.contains("\nsliderule_ps_certificate_not_after_seconds 4949084742\n"), "{metrics}");
    assert!(ps.end(Signal::TERM).success());
}

#[test]
fn files_that_are_missing_or_do_not_belong_together_are_refused_at_the_start() {
    let dir = acme("1");
    let serve = |cert: &Path, key: &Path| {
        let flags = ["serve", "--tls-cert", cert.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
        let refused = run(&flags, dir.path(), "");
        assert_eq!(refused.code, Some(2), "{refused:?}");
        refused.stderr
    };
    let ((cert, key), (_, other)) = (given("loopback"), given("second"));
    assert!(serve(Path::new("/nowhere"), &key).contains("/nowhere cannot be read"));
    assert!(serve(&key, &key).contains("cannot be used"));
    let mismatch = serve(&cert, &other);
    assert!(mismatch.contains("cannot be used") && mismatch.contains("second.key"), "{mismatch}");
}
