//! Checking a user name and a password: the one place, for every way to sign in.
//!
//! Always holds: an unknown user, a wrong password, a disabled account and one without a password get the same answer,
//! each after exactly one run of argon2.

use secrecy::SecretString;
use sliderule_api::ErrorCode;

use crate::app::App;
use crate::http::{Origin, PasswordAttempt, Refusal};
use crate::store::User;

/// The user of that name, if the password is theirs and they may sign in.
///
/// # Errors
/// It is not, or they may not, which are told apart by nothing; it is too early for another attempt; or too many wait
/// for a hash.
pub async fn check(
    app: &App,
    origin: &Origin,
    username: &str,
    password: SecretString,
) -> Result<User, Refusal> {
    let attempt = PasswordAttempt::begin(app, username, origin).await?;
    let (user, hash) = app.db.user_to_sign_in(username).await?.unzip();
    let verified = app.hasher.verify(password, hash.flatten(), attempt.precedence()).await;
    let right = verified.map_err(Refusal::too_busy)?;
    attempt.end(right && user.is_some());
    user.filter(|_| right).ok_or_else(|| {
        Refusal::unauthorized(
            ErrorCode::WrongCredentials,
            "No active account found with the given credentials; check user name and password",
        )
    })
}
