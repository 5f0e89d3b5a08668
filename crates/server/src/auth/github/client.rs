//! What GitHub is asked, and what it may answer.
//!
//! Always holds: a caller's token goes to the configured addresses and nowhere else, in no redirect either, and is not
//! kept; GitHub may take so long and answer so much, and no more.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER, USER_AGENT};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::token::TokenKind;
use crate::Error;
use crate::config::{GitHubApplication, GitHubSettings};

/// Answers of GitHub are a few kilobytes.
const LARGEST: usize = 256 * 1024;

/// What GitHub says is left of what one may ask.
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");

/// How long to wait where GitHub does not say it.
const A_MINUTE: u32 = 60;

/// Why GitHub did not say who it is.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// It does not know the token.
    #[error("GitHub does not accept the token; make a new one and sign in again")]
    BadToken,
    /// The token is not one of a person.
    #[error("this GitHub token is no person's; sign in with a personal access token (ghp_… or github_pat_…)")]
    NobodysToken,
    /// The token was not issued to our application.
    #[error(
        "this GitHub token was issued to another application, or is not known to GitHub; sign in with a personal \
         access token (ghp_… or github_pat_…)"
    )]
    OtherApplication,
    /// Whose application's token it is cannot be asked, since there is none of ours.
    #[error(
        "this provisioning system takes personal GitHub tokens only (ghp_… or github_pat_…); make one, or ask the \
         operator to set up a GitHub application"
    )]
    NoApplication,
    /// It does not accept the code with which a browser came back.
    #[error("GitHub does not accept this sign-in, which was used before or took too long; begin again")]
    BadCode,
    /// We have asked too much.
    #[error(
        "GitHub has been asked too much by this provisioning system; try again in {0} s, or sign in with a password"
    )]
    TooMuch(u32),
    /// It did not answer in time.
    #[error("GitHub did not answer within {} s; try again later, or sign in with a password", .0.as_secs())]
    TooSlow(Duration),
    /// It could not be reached, or did not answer sensibly.
    #[error("GitHub could not be asked ({0}); try again later, or sign in with a password")]
    Unavailable(String),
}

/// GitHub, as it is asked.
pub struct GitHub {
    client: reqwest::Client,
    api: String,
    web: String,
    callback: String,
    application: Option<GitHubApplication>,
    timeout: Duration,
}

/// An account at GitHub.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GitHubAccount {
    /// What it is.
    pub id: i64,
    /// What it is called today.
    pub login: String,
}

/// What is said of a token of ours.
#[derive(Deserialize)]
struct Authorization {
    app: Issuer,
    user: GitHubAccount,
}

#[derive(Deserialize)]
struct Issuer {
    client_id: String,
}

/// What is answered to a code.
#[derive(Deserialize)]
#[serde(untagged)]
enum Exchange {
    Token { access_token: SecretText },
    Refused { error: String },
}

/// A secret in an answer.
#[derive(Deserialize)]
#[serde(from = "String")]
struct SecretText(SecretString);

impl From<String> for SecretText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl GitHub {
    /// GitHub as it is configured, if people may sign in with it. `domain` is ours.
    ///
    /// # Errors
    /// The application's secret cannot be read, or the HTTP client not be set up on this machine.
    pub fn new(settings: &GitHubSettings, domain: &str) -> Result<Option<Self>, Error> {
        let Some(api) = settings.api() else { return Ok(None) };
        let timeout = Duration::from_secs(settings.timeout_seconds);
        let fixed = [
            (USER_AGENT, concat!("sliderule-ps/", env!("CARGO_PKG_VERSION"))),
            (HeaderName::from_static("x-github-api-version"), "2022-11-28"),
        ];
        let client = reqwest::Client::builder()
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(
                fixed.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect(),
            )
            .build()
            .map_err(|error| Error::Failed(format!("cannot set up the client for GitHub: {error}")))?;
        let bare = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Some(Self {
            client,
            api: bare(api),
            web: bare(&settings.web),
            callback: settings.callback.clone().unwrap_or_else(|| format!("https://ps.{domain}/")),
            application: settings.application()?,
            timeout,
        }))
    }

    /// Whether browsers can be sent there: the operator has an application at GitHub.
    #[must_use]
    pub fn has_application(&self) -> bool {
        self.application.is_some()
    }

    /// Where a browser asks for a code, if there is an application of ours to ask for one.
    #[must_use]
    pub fn authorize_url(&self, state: &str, challenge: &str) -> Option<String> {
        let application = self.application.as_ref()?;
        // No scope: what everybody may see of an account is enough.
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &application.id)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("state", state)
            .append_pair("code_challenge", challenge)
            .append_pair("code_challenge_method", "S256")
            .finish();
        Some(format!("{}/login/oauth/authorize?{query}", self.web))
    }

    /// The account of whoever came back with that code.
    ///
    /// # Errors
    /// GitHub does not accept it, or could not be asked.
    pub async fn account_of_code(
        &self,
        code: &str,
        verifier: &SecretString,
    ) -> Result<GitHubAccount, GitHubError> {
        let application = self.application.as_ref().ok_or(GitHubError::NoApplication)?;
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &application.id)
            .append_pair("client_secret", application.secret.expose_secret())
            .append_pair("code", code)
            .append_pair("redirect_uri", &self.callback)
            .append_pair("code_verifier", verifier.expose_secret())
            .finish();
        let request = self.client.post(format!("{}/login/oauth/access_token", self.web));
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = self.send(request.header(ACCEPT, "application/json")).await?;
        match answer.status() {
            StatusCode::OK => {}
            other => return Err(GitHubError::Unavailable(format!("it answered {other}"))),
        }
        match self.json(answer).await? {
            Exchange::Token { access_token: SecretText(token) } => self.user(&token).await,
            Exchange::Refused { error } if error == "bad_verification_code" => Err(GitHubError::BadCode),
            Exchange::Refused { error } => Err(misconfigured(&error)),
        }
    }

    /// The account that the token belongs to, if it is a personal one or was issued to our application.
    ///
    /// # Errors
    /// It is neither, GitHub does not know it, or could not be asked.
    pub async fn account_of_token(&self, token: &SecretString) -> Result<GitHubAccount, GitHubError> {
        match TokenKind::of(token.expose_secret()) {
            TokenKind::Personal => self.user(token).await,
            TokenKind::OfApplication => self.issued_to_us(token).await,
            TokenKind::OfNobody => Err(GitHubError::NobodysToken),
        }
    }

    /// Whose token it is, whoever it was issued to.
    async fn user(&self, token: &SecretString) -> Result<GitHubAccount, GitHubError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| GitHubError::BadToken)?;
        bearer.set_sensitive(true);
        let request = self.client.get(format!("{}/user", self.api)).header(AUTHORIZATION, bearer);
        let answer = self.send(request.header(ACCEPT, "application/vnd.github+json")).await?;
        match answer.status() {
            StatusCode::OK => self.json(answer).await,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(GitHubError::BadToken),
            other => Err(GitHubError::Unavailable(format!("it answered {other}"))),
        }
    }

    /// Whose token it is, if it was issued to our application.
    async fn issued_to_us(&self, token: &SecretString) -> Result<GitHubAccount, GitHubError> {
        let application = self.application.as_ref().ok_or(GitHubError::NoApplication)?;
        let request = self
            .client
            .post(format!("{}/applications/{}/token", self.api, application.id))
            .basic_auth(&application.id, Some(application.secret.expose_secret()))
            .json(&json!({ "access_token": token.expose_secret() }));
        let answer = self.send(request.header(ACCEPT, "application/vnd.github+json")).await?;
        match answer.status() {
            StatusCode::OK => {
                let Authorization { app, user } = self.json(answer).await?;
                if app.client_id == application.id { Ok(user) } else { Err(GitHubError::OtherApplication) }
            }
            StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY => Err(GitHubError::OtherApplication),
            StatusCode::UNAUTHORIZED => Err(misconfigured("incorrect_client_credentials")),
            other => Err(GitHubError::Unavailable(format!("it answered {other}"))),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, GitHubError> {
        let answer = request.send().await.map_err(|error| self.unavailable(error))?;
        match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => Err(GitHubError::TooMuch(wait(answer.headers()))),
            StatusCode::FORBIDDEN if is_exhausted(answer.headers()) => {
                Err(GitHubError::TooMuch(wait(answer.headers())))
            }
            _ => Ok(answer),
        }
    }

    async fn json<T: DeserializeOwned>(&self, mut answer: Response) -> Result<T, GitHubError> {
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.unavailable(error))? {
            body.extend_from_slice(&chunk);
            if body.len() > LARGEST {
                return Err(GitHubError::Unavailable("its answer is too long".to_owned()));
            }
        }
        // What is wrong with it could repeat what is in it, which may be a token.
        let read = serde_json::from_slice(&body);
        read.map_err(|_| GitHubError::Unavailable("its answer makes no sense".to_owned()))
    }

    fn unavailable(&self, error: reqwest::Error) -> GitHubError {
        if error.is_timeout() {
            return GitHubError::TooSlow(self.timeout);
        }
        GitHubError::Unavailable(error.without_url().to_string())
    }
}

/// What GitHub says where the operator made a mistake; it is for the operator, and other words of it are nobody's.
fn misconfigured(error: &str) -> GitHubError {
    let why = match error {
        "incorrect_client_credentials" => "`github.client_id` and `github.client_secret` are not right",
        "redirect_uri_mismatch" => "`github.callback` is not what is written in the application",
        _ => "it refused for a reason of its own",
    };
    tracing::error!(why, "GitHub does not accept this system");
    GitHubError::Unavailable(
        "it does not accept this provisioning system; its operator finds the reason in the log".to_owned(),
    )
}

fn is_exhausted(headers: &HeaderMap) -> bool {
    headers.contains_key(RETRY_AFTER) || headers.get(REMAINING).is_some_and(|left| left == "0")
}

fn wait(headers: &HeaderMap) -> u32 {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    seconds.unwrap_or(A_MINUTE).clamp(1, 3600)
}
