//! A stand-in for GitHub: its pages for browsers, and its API.
//!
//! It is as strict as GitHub: a code is good once, for the redirect it was asked with, against the client's secret, and
//! with the verifier whose hash began it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router, routing};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sliderule_server::config::Config;
use tokio::net::TcpListener;

/// Our application's id and secret.
pub(crate) const CLIENT_ID: &str = "Iv1.sliderule";
pub(crate) const CLIENT_SECRET: &str = "client-secret-of-the-stand-in";

/// Where browsers are led back to.
pub(crate) const CALLBACK: &str = "https://ps.example.org/";

/// The stand-in.
#[derive(Clone)]
pub(crate) struct GitHubStandIn {
    pub(crate) url: String,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
struct World {
    /// Logins by the numbers of accounts.
    logins: HashMap<i64, String>,
    /// Of tokens: the account, and to which application they were issued.
    tokens: HashMap<String, (i64, &'static str)>,
    codes: HashMap<String, Code>,
    fault: Fault,
}

struct Code {
    account: i64,
    challenge: String,
    redirect: String,
}

/// What is wrong with GitHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// It never answers.
    Silent,
    /// We have asked too much.
    Exhausted(StatusCode),
    /// It is broken.
    Broken,
    /// It answers something else.
    Odd,
    /// It answers without end.
    Endless,
}

type Shared = State<Arc<Mutex<World>>>;
type Fields = HashMap<String, String>;

impl GitHubStandIn {
    pub(crate) async fn start() -> Self {
        let world = Arc::<Mutex<World>>::default();
        let router = Router::new()
            .route("/login/oauth/authorize", routing::get(authorize))
            .route("/login/oauth/access_token", routing::post(access_token))
            .route("/user", routing::get(user))
            .route("/applications/{client}/token", routing::post(check_token))
            .with_state(world.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async { axum::serve(listener, router).await });
        Self { url, world }
    }

    /// Has the server ask this one, as our application.
    pub(crate) fn configure(&self, config: &mut Config) {
        config.github.api = Some(self.url.clone());
        config.github.web = self.url.clone();
        config.github.client_id = Some(CLIENT_ID.to_owned());
        config.github.client_secret = Some(CLIENT_SECRET.into());
        config.github.callback = Some(CALLBACK.to_owned());
    }

    /// An account is called that from now on.
    pub(crate) fn account(&self, id: i64, login: &str) {
        self.world.lock().unwrap().logins.insert(id, login.to_owned());
    }

    /// There is a token of that account, issued to that application.
    pub(crate) fn token(&self, token: &str, account: i64, application: &'static str) {
        self.world.lock().unwrap().tokens.insert(token.to_owned(), (account, application));
    }

    pub(crate) fn fails(&self, fault: Fault) {
        self.world.lock().unwrap().fault = fault;
    }

    /// What a person in a browser does there, who is signed in to that account and agrees: the query with which the
    /// browser is led back.
    pub(crate) async fn agree(&self, authorize_url: &str, account: i64) -> Fields {
        assert!(
            authorize_url.starts_with(&format!("{}/login/oauth/authorize?", self.url)),
            "{authorize_url}"
        );
        let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let answer =
            browser.get(authorize_url).header("x-account", account.to_string()).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let location = answer.headers()["location"].to_str().unwrap();
        let query = location.strip_prefix(CALLBACK).unwrap().strip_prefix('?').unwrap();
        form_urlencoded::parse(query.as_bytes()).into_owned().collect()
    }
}

async fn authorize(State(world): Shared, Query(query): Query<Fields>, headers: HeaderMap) -> Response {
    assert_eq!(query["client_id"], CLIENT_ID);
    assert_eq!(query["code_challenge_method"], "S256");
    assert!(!query.contains_key("scope"), "no more than what everybody sees");
    assert!(query["state"].len() >= 22 && query["code_challenge"].len() == 43);
    let account = headers["x-account"].to_str().unwrap().parse().unwrap();
    let mut world = world.lock().unwrap();
    let code = format!("stand-in-code-{}", world.codes.len());
    let (challenge, redirect) = (query["code_challenge"].clone(), query["redirect_uri"].clone());
    let location = format!("{redirect}?code={code}&state={}", query["state"]);
    world.codes.insert(code, Code { account, challenge, redirect });
    (StatusCode::FOUND, [("location", location)]).into_response()
}

async fn access_token(State(world): Shared, body: String) -> Response {
    let form: Fields = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    if let Some(answer) = fault(&world).await {
        return answer;
    }
    let refused = |error: &str| Json(json!({ "error": error, "error_description": "…" })).into_response();
    if (form["client_id"].as_str(), form["client_secret"].as_str()) != (CLIENT_ID, CLIENT_SECRET) {
        return refused("incorrect_client_credentials");
    }
    let mut world = world.lock().unwrap();
    let Some(Code { account, challenge, redirect }) = world.codes.remove(&form["code"]) else {
        return refused("bad_verification_code");
    };
    if form["redirect_uri"] != redirect {
        return refused("redirect_uri_mismatch");
    }
    if URL_SAFE_NO_PAD.encode(Sha256::digest(&form["code_verifier"])) != challenge {
        return refused("bad_verification_code");
    }
    let token = format!("gho_stand-in-{}", world.tokens.len());
    world.tokens.insert(token.clone(), (account, CLIENT_ID));
    Json(json!({ "access_token": token, "token_type": "bearer", "scope": "" })).into_response()
}

async fn user(State(world): Shared, headers: HeaderMap) -> Response {
    if let Some(answer) = fault(&world).await {
        return answer;
    }
    assert!(headers.contains_key("user-agent"), "GitHub refuses who does not say what they are");
    let world = world.lock().unwrap();
    let token = headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    match world.tokens.get(token) {
        Some((account, _)) => Json(described(&world, *account)).into_response(),
        None => (StatusCode::UNAUTHORIZED, Json(json!({ "message": "Bad credentials" }))).into_response(),
    }
}

async fn check_token(
    State(world): Shared,
    Path(client): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    if let Some(answer) = fault(&world).await {
        return answer;
    }
    let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
    if client != CLIENT_ID || headers["authorization"] != basic {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let world = world.lock().unwrap();
    match world.tokens.get(body["access_token"].as_str().unwrap()) {
        Some((account, application)) if *application == CLIENT_ID => {
            let app = json!({ "client_id": application, "name": "SlideRule" });
            Json(json!({ "id": 1, "app": app, "user": described(&world, *account) })).into_response()
        }
        _ => (StatusCode::NOT_FOUND, Json(json!({ "message": "Not Found" }))).into_response(),
    }
}

fn described(world: &World, account: i64) -> Value {
    json!({ "login": world.logins[&account], "id": account, "email": "ada@example.org", "name": "Ada" })
}

async fn fault(world: &Arc<Mutex<World>>) -> Option<Response> {
    let fault = world.lock().unwrap().fault;
    match fault {
        Fault::None => None,
        Fault::Silent => std::future::pending().await,
        Fault::Exhausted(status) => {
            let headers = [("x-ratelimit-remaining", "0"), ("retry-after", "30")];
            Some((status, headers, Json(json!({ "message": "API rate limit exceeded" }))).into_response())
        }
        Fault::Broken => Some(StatusCode::BAD_GATEWAY.into_response()),
        Fault::Odd => Some(Json(json!("what?")).into_response()),
        Fault::Endless => Some(vec![b' '; 1_000_000].into_response()),
    }
}
