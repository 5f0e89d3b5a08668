//! The keys that sign tokens: published, followed by others, revoked.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use sliderule_api::tokens::Claims;

use crate::test_app::{Answer, PASSWORD, TestApp, eventually};
use crate::tokens::refresh;

const DAY: u64 = 24 * 60 * 60;

async fn published(app: &TestApp) -> JwkSet {
    let answer = Answer::of(app.http.get(format!("{}/.well-known/jwks.json", app.url))).await;
    assert_eq!(answer.status, 200, "{answer}");
    answer.json()
}

/// Until the server has looked at its keys and has so many.
async fn until_there_are(app: &TestApp, count: usize) -> JwkSet {
    eventually(&format!("there are {count} keys"), async || {
        let keys = published(app).await;
        (keys.keys.len() == count).then_some(keys)
    })
    .await
}

fn kid(answer: &Answer) -> String {
    decode_header(answer.text("refresh")).unwrap().kid.unwrap()
}

/// Verifies a token as a stranger does who has nothing but the published keys.
fn verify(keys: &JwkSet, token: &str) -> Claims {
    let header = decode_header(token).unwrap();
    assert_eq!((header.typ.as_deref(), header.alg), (Some("JWT"), Algorithm::EdDSA));
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_audience(&["acme"]);
    validation.validate_exp = false;
    decode::<Claims>(token, &key, &validation).unwrap().claims
}

#[tokio::test]
async fn everybody_can_verify_a_token_with_the_published_keys() {
    let app = TestApp::start().await.with_acme().await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    let keys = published(&app).await;
    assert_eq!(verify(&keys, &pair.text("access")).user_name.as_str(), "ada");
    assert_eq!(verify(&keys, &pair.text("refresh")).aud.as_str(), "acme");
    let well_known = Answer::of(app.http.get(format!("{}/.well-known/jwks.json", app.url))).await;
    assert_eq!(well_known.header("cache-control"), "public, max-age=300");
    assert_eq!(well_known.header("content-type"), "application/json");
    let ours = Answer::of(app.http.get(format!("{}/api/v1/jwks/", app.url))).await;
    assert_eq!(ours.body, well_known.body);
    assert!(
        ours.body.starts_with(r#"{"keys":[{"kty":"OKP","crv":"Ed25519","use":"sig","alg":"EdDSA","kid":""#),
        "{ours}"
    );
    let secret: Vec<(String,)> = app.rows("SELECT lower(hex(secret)) FROM signing_keys").await;
    assert!(!ours.body.contains(&secret[0].0));
    assert_eq!(app.get("/api/v1/session", &pair.text("access")).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_key_is_followed_by_another_without_anyone_noticing() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    let first = kid(&app.sign_in("ada", PASSWORD, "acme").await);
    app.clock.advance(Duration::from_secs(30 * DAY - 3600));
    let both = until_there_are(&app, 2).await;
    let pair = app.sign_in("ada", PASSWORD, "acme").await;
    assert_eq!(kid(&pair), first, "the next one is published for an hour before it signs");

    app.clock.advance(Duration::from_secs(3600));
    let later = app.sign_in("ada", PASSWORD, "acme").await;
    assert_ne!(kid(&later), first);
    verify(&both, &later.text("access"));
    assert_eq!(app.get("/api/v1/session", &later.text("access")).await.status, 200);
    let lost = refresh(&app, &pair.text("refresh")).await;
    assert_eq!(kid(&lost), kid(&later), "a session goes over to the new key");

    app.clock.advance(Duration::from_secs(DAY - 3600 - 1));
    assert_eq!(refresh(&app, &pair.text("refresh")).await.text("refresh"), lost.text("refresh"));
    assert_eq!(refresh(&app, &later.text("refresh")).await.status, 200);
    app.clock.advance(Duration::from_secs(2 * 3600));
    let keys = until_there_are(&app, 1).await;
    assert_eq!(keys.keys[0].common.key_id.as_ref(), Some(&kid(&later)));
}

#[tokio::test]
async fn a_pair_is_signed_again_with_the_key_it_was_signed_with() {
    let app = TestApp::start().await.with_acme().await;
    app.clock.hold();
    app.clock.advance(Duration::from_secs(30 * DAY - 3600));
    until_there_are(&app, 2).await;
    let parent = app.sign_in("ada", PASSWORD, "acme").await.text("refresh");
    let child = refresh(&app, &parent).await;
    app.clock.advance(Duration::from_secs(2 * 3600));
    let again = refresh(&app, &parent).await;
    assert_eq!((again.text("refresh"), again.text("access")), (child.text("refresh"), child.text("access")));
    assert_ne!(kid(&again), kid(&refresh(&app, &again.text("refresh")).await));
}

#[tokio::test]
async fn a_restart_changes_no_key() {
    let app = TestApp::start().await.with_acme().await;
    let keys = published(&app).await;
    let app = app.restart().await;
    assert_eq!(published(&app).await, keys);
}
