//! Asking GitHub whose token it is.
//!
//! Accounts are matched by their number: a GitHub login can be given up and taken by somebody else. The
//! caller's token goes to the configured address and nowhere else, and is not kept.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue, USER_AGENT};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::Error;

/// How long GitHub may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why GitHub did not say whose token it is.
#[derive(Debug, thiserror::Error)]
pub enum GitHubError {
    /// It does not know the token.
    #[error("GitHub does not accept the token; make a new one and sign in again")]
    BadToken,
    /// It did not answer, or not sensibly.
    #[error("GitHub could not be asked ({0}); try again later, or sign in with a password")]
    Unavailable(String),
}

/// GitHub's API.
pub struct GitHub {
    client: reqwest::Client,
    user_url: String,
}

#[derive(Deserialize)]
struct Account {
    id: i64,
}

impl GitHub {
    /// GitHub's API at `base`, such as `https://api.github.com`.
    ///
    /// # Errors
    /// The HTTP client cannot be set up on this machine.
    pub fn new(base: &str) -> Result<Self, Error> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Error::Failed(format!("cannot set up the client for GitHub: {error}")))?;
        Ok(Self { client, user_url: format!("{}/user", base.trim_end_matches('/')) })
    }

    /// The number of the account that the token belongs to.
    ///
    /// # Errors
    /// GitHub does not know the token, or could not be asked.
    pub async fn account_of(&self, token: &SecretString) -> Result<i64, GitHubError> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
            .map_err(|_| GitHubError::BadToken)?;
        bearer.set_sensitive(true);
        let unavailable = |error: reqwest::Error| GitHubError::Unavailable(error.without_url().to_string());
        let answer = self
            .client
            .get(&self.user_url)
            .header(AUTHORIZATION, bearer)
            .header(ACCEPT, "application/vnd.github+json")
            .header(USER_AGENT, concat!("sliderule-ps/", env!("CARGO_PKG_VERSION")))
            .send()
            .await
            .map_err(unavailable)?;
        match answer.status() {
            StatusCode::OK => Ok(answer.json::<Account>().await.map_err(unavailable)?.id),
            StatusCode::UNAUTHORIZED => Err(GitHubError::BadToken),
            other => Err(GitHubError::Unavailable(format!("it answered {other}"))),
        }
    }
}
