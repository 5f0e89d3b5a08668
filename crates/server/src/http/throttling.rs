//! Throttling at the door of the API: per address on every route that takes credentials, per account where a password
//! is looked at.

use std::hash::RandomState;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::Method;
use http::header::AUTHORIZATION;

use super::{Origin, Refusal};
use crate::app::{App, Shared};
use crate::auth::Precedence;
use crate::config::ThrottleSettings;
use crate::throttle::accounts::PLACES;
use crate::throttle::{Accounts, Addresses, Attempt, Network, Outcome, Wait};

/// What one network may do so often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Prove who somebody is.
    Password,
    /// Use a refresh token, which cannot be guessed.
    Token,
}

/// Every route that takes credentials. A route that changes something and takes no token is one too, whether it stands
/// here or not.
const ROUTES: [(&str, Kind); 10] = [
    ("/api/org_token", Kind::Password),
    ("/api/org_token_github", Kind::Password),
    ("/api/org_token/refresh", Kind::Token),
    ("/api/token/blacklist", Kind::Token),
    ("/api/v1/session", Kind::Password),
    ("/api/v1/users", Kind::Password),
    ("/api/v1/account/password", Kind::Password),
    ("/api/v1/account/disable", Kind::Password),
    ("/api/v1/github/flows", Kind::Password),
    ("/api/v1/github/session", Kind::Password),
];

/// What was tried lately.
#[derive(Debug)]
pub struct Throttles {
    passwords: Mutex<Addresses>,
    tokens: Mutex<Addresses>,
    accounts: Mutex<Accounts>,
}

impl Throttles {
    /// Nothing was tried yet.
    #[must_use]
    pub fn new(settings: ThrottleSettings) -> Self {
        let ThrottleSettings { password_burst, passwords_per_second, token_burst, tokens_per_second } =
            settings;
        Self {
            passwords: Mutex::new(Addresses::new(password_burst, passwords_per_second)),
            tokens: Mutex::new(Addresses::new(token_burst, tokens_per_second)),
            accounts: Mutex::new(Accounts::new(RandomState::new())),
        }
    }
}

/// Refuses whoever has sent too many requests of this kind.
pub async fn per_address(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let Some(kind) = kind(&request) else { return next.run(request).await };
    let addresses = match kind {
        Kind::Password => &app.throttles.passwords,
        Kind::Token => &app.throttles.tokens,
    };
    let (mut parts, body) = request.into_parts();
    let Ok(origin) = Origin::from_request_parts(&mut parts, &()).await;
    let admitted = lock(addresses).admit(Network::of(origin.address), app.clock.now());
    match admitted {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(wait) => too_early("too many requests of this kind come from your address", wait).into_response(),
    }
}

fn kind(request: &Request) -> Option<Kind> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return None;
    }
    let path = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let listed = ROUTES.iter().find(|(route, _)| Some(*route) == path).map(|(_, kind)| *kind);
    listed.or_else(|| (!request.headers().contains_key(AUTHORIZATION)).then_some(Kind::Password))
}

/// An attempt to prove with a password who one is. What never ends it withdraws it.
pub struct PasswordAttempt<'a> {
    app: &'a App,
    attempt: Option<Attempt>,
}

impl<'a> PasswordAttempt<'a> {
    /// Begins an attempt on the account of that name, whether there is one or not.
    ///
    /// # Errors
    /// It is too early for another one; or the database failed.
    pub async fn begin(app: &'a App, account: &str, origin: &Origin) -> Result<Self, Refusal> {
        let is_known = lock(&app.throttles.accounts).knows(account);
        if !is_known {
            // For a name that nobody has too, which must not take another time.
            let places = app.db.places(account, PLACES).await?;
            lock(&app.throttles.accounts).learn(account, places.into_iter().map(Network::of));
        }
        let network = Network::of(origin.address);
        let begun = lock(&app.throttles.accounts).begin(account, network, app.clock.now());
        let attempt = begun
            .map_err(|wait| too_early("there were too many wrong passwords for this user name", wait))?;
        Ok(Self { app, attempt: Some(attempt) })
    }

    /// Who goes first where many wait for a hash.
    #[must_use]
    pub fn precedence(&self) -> Precedence {
        match &self.attempt {
            Some(attempt) if attempt.is_regular() => Precedence::Regular,
            _ => Precedence::Stranger,
        }
    }

    /// The password was right, or it was not.
    pub fn end(mut self, right: bool) {
        self.settle(if right { Outcome::Right } else { Outcome::Wrong });
    }

    fn settle(&mut self, outcome: Outcome) {
        let Some(attempt) = self.attempt.take() else { return };
        lock(&self.app.throttles.accounts).end(attempt, outcome, self.app.clock.now());
    }
}

impl Drop for PasswordAttempt<'_> {
    fn drop(&mut self) {
        self.settle(Outcome::Withdrawn);
    }
}

fn too_early(why: &str, wait: Wait) -> Refusal {
    let seconds = wait.seconds();
    Refusal::throttled(format!("{why}; try again in {seconds} s"), seconds)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
