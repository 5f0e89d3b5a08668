//! Forged tokens: whatever is presented wherever, none opens anything, and none does harm.

mod genuine;
mod headers;
mod outlived;
mod payloads;
mod shapes;

use std::collections::BTreeSet;

use http::header::AUTHORIZATION;
use http::{HeaderValue, Method};
use serde_json::{Value, json};

use crate::test_app::{Answer, TestApp};
use genuine::Genuine;

/// A forgery: its name, and the token that it makes of a genuine one.
pub(crate) struct Forgery {
    name: String,
    token: Vec<u8>,
}

impl Forgery {
    fn new(name: impl Into<String>, token: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), token: token.into() }
    }
}

/// Where tokens are presented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The API of existing clients.
    OldApi,
    /// Our own.
    OurApi,
    /// What a token opens that is good for anything.
    WhoAmI,
    /// A cluster.
    Gateway,
    /// Where tokens are refreshed.
    Refresh,
    /// Where they are revoked.
    Blacklist,
}

/// Where access tokens are presented.
const FOR_ACCESS: [Place; 4] = [Place::OldApi, Place::OurApi, Place::WhoAmI, Place::Gateway];

/// Where refresh tokens are presented.
const FOR_REFRESH: [Place; 2] = [Place::Refresh, Place::Blacklist];

/// Presents a token; `None` where no request can carry it.
async fn present(app: &TestApp, place: Place, token: &[u8]) -> Option<Answer> {
    let get = async |path: &str| {
        let header = HeaderValue::from_bytes(&[b"Bearer ", token].concat()).ok()?;
        let request = app.http.request(Method::GET, format!("{}{path}", app.url));
        Some(Answer::of(request.header(AUTHORIZATION, header)).await)
    };
    let post = async |path: &str| {
        let token = std::str::from_utf8(token).ok()?;
        Some(app.post(path, json!({ "refresh": token })).await)
    };
    match place {
        Place::OldApi => get("/api/org_num_nodes/acme/").await,
        Place::OurApi => get("/api/v1/organizations/acme/status").await,
        Place::WhoAmI => get("/api/v1/session").await,
        Place::Gateway => get("/clusters/acme/source/version").await,
        Place::Refresh => post("/api/org_token/refresh/").await,
        Place::Blacklist => post("/api/token/blacklist/").await,
    }
}

/// Presents a token at these places, and sees it refused at all of them; whether any request could carry it.
pub(crate) async fn refused(app: &TestApp, name: &str, token: &[u8], places: &[Place]) -> bool {
    let mut presented = false;
    for &place in places {
        let Some(answer) = present(app, place, token).await else { continue };
        presented = true;
        assert!(matches!(answer.status.as_u16(), 401 | 403), "{name} at {place:?}: {answer}");
        assert_eq!(answer.header("content-type"), "application/json", "{name} at {place:?}: {answer}");
        let body: Value = answer.json();
        for key in ["status", "code", "error_msg", "detail"] {
            assert!(body[key].is_string(), "{name} at {place:?}: no {key} in {answer}");
        }
    }
    presented
}

#[tokio::test]
async fn no_forged_token_opens_anything_or_does_harm() {
    let app = TestApp::start().await.with_acme().await;
    let genuine = Genuine::of(&app).await;
    for place in FOR_ACCESS {
        let opened = present(&app, place, genuine.access.token().as_bytes()).await.unwrap();
        assert!(opened.status == 200 || opened.text("code") == "cluster_asleep", "{place:?}: {opened}");
    }

    let (mut names, mut presented) = (BTreeSet::new(), BTreeSet::new());
    for (model, places) in [(&genuine.access, &FOR_ACCESS[..]), (&genuine.refresh, &FOR_REFRESH[..])] {
        let made = [headers::forgeries(model), payloads::forgeries(model), shapes::forgeries(model)];
        for Forgery { name, token } in made.into_iter().flatten() {
            assert_ne!(token, model.token().as_bytes(), "{name} is no forgery");
            if refused(&app, &name, &token, places).await {
                presented.insert(name.clone());
            }
            names.insert(name);
        }
    }
    assert_eq!(presented, names, "each was presented somewhere");
    assert!(names.len() >= 150, "only {} forgeries: {names:#?}", names.len());

    for place in FOR_ACCESS {
        let opened = present(&app, place, genuine.access.token().as_bytes()).await.unwrap();
        assert_ne!(opened.status, 401, "the genuine token still opens {place:?}: {opened}");
    }
    let refreshed = present(&app, Place::Refresh, genuine.refresh.token().as_bytes()).await.unwrap();
    assert_eq!(refreshed.status, 200, "and the session goes on: {refreshed}");
}
