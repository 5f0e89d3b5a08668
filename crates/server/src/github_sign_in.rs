//! From a GitHub account to a user, or to a refusal.

use http::StatusCode;
use sliderule_api::ErrorCode;

use crate::app::App;
use crate::auth::{GitHub, GitHubAccount, GitHubError};
use crate::http::{Origin, Refusal};
use crate::store::{Newcomer, User};

/// GitHub, if people may sign in with it.
///
/// # Errors
/// They may not.
pub fn github(app: &App) -> Result<&GitHub, Refusal> {
    app.github.as_ref().ok_or_else(|| {
        Refusal::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Unsupported,
            "Permission Denied: nobody signs in to this provisioning system with GitHub; sign in with user name and \
             password, or ask its operator to set it up",
        )
    })
}

/// Whoever has that account, if they may sign in.
///
/// # Errors
/// Nobody has it, or not any more.
pub async fn user(app: &App, account: &GitHubAccount) -> Result<User, Refusal> {
    let known = app.db.user_by_github(account.id).await?;
    known.ok_or_else(|| {
        denied(
            "no user here has this GitHub account; sign in with user name and password, or sign up with GitHub on \
             the page of this provisioning system",
        )
    })
}

/// The same; whoever has no user yet signs up, where that is open.
///
/// # Errors
/// As of [`user`], where sign-up is not open or the user may not sign in any more.
pub async fn user_or_newcomer(app: &App, account: &GitHubAccount, origin: &Origin) -> Result<User, Refusal> {
    if let Some(user) = app.db.user_by_github(account.id).await? {
        return Ok(user);
    }
    if !app.config.sign_up.open {
        return Err(denied(
            "no user here has this GitHub account, and nobody signs up by themselves; ask the operator",
        ));
    }
    let newcomer = app.db.sign_up_with_github(account, |id| origin.user(id), app.clock.now()).await?;
    match newcomer {
        Newcomer::User(user) => Ok(user),
        Newcomer::Disabled => {
            Err(denied("the user with this GitHub account may not sign in; ask the operator"))
        }
    }
}

/// What to say where GitHub did not say who it is.
pub fn refuse(error: GitHubError) -> Refusal {
    let text = error.to_string();
    let failed = |status| Refusal::new(status, ErrorCode::Unreachable, format!("Server Error: {text}"));
    match error {
        GitHubError::BadToken
        | GitHubError::NobodysToken
        | GitHubError::OtherApplication
        | GitHubError::BadCode => denied(&text),
        GitHubError::NoApplication => {
            Refusal::new(StatusCode::FORBIDDEN, ErrorCode::Unsupported, format!("Permission Denied: {text}"))
        }
        GitHubError::TooMuch(seconds) => {
            tracing::warn!(seconds, "GitHub has been asked too much");
            Refusal::throttled(format!("Server Error: {text}"), seconds)
                .with_status(StatusCode::SERVICE_UNAVAILABLE)
        }
        GitHubError::TooSlow(_) => {
            tracing::warn!("GitHub does not answer in time");
            failed(StatusCode::SERVICE_UNAVAILABLE)
        }
        GitHubError::Unavailable(why) => {
            tracing::warn!(why, "GitHub cannot be asked");
            failed(StatusCode::BAD_GATEWAY)
        }
    }
}

/// 403, in the words of the original.
pub fn denied(why: &str) -> Refusal {
    Refusal::new(StatusCode::FORBIDDEN, ErrorCode::WrongCredentials, format!("Permission Denied: {why}"))
}
