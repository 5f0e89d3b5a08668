//! What the endpoints of one's own account share: how it is shown, how its owner is proven, and how a change is refused.

use http::StatusCode;
use secrecy::SecretString;
use sliderule_api::ErrorCode;
use sliderule_api::names::InvalidName;
use sliderule_api::people;

use crate::Error;
use crate::app::App;
use crate::auth::PasswordHash;
use crate::http::{Account, Origin, PasswordAttempt, Refusal};
use crate::members;
use crate::store::sessions::Whose;
use crate::store::{NotAltered, Person};

/// Memberships that are shown with an account; the rest is in the list of organizations.
const SHOWN: u32 = 100;

/// How lately somebody without a password must have signed in to prove who they are, in seconds.
const LATELY: u64 = 600;

/// One's own account as it is shown.
///
/// # Errors
/// The database failed.
pub async fn shown(app: &App, person: Person) -> Result<people::Account, Refusal> {
    let organizations = app.db.organizations_of(person.id, false, None, SHOWN).await?;
    let memberships = organizations.into_iter().map(|row| members::shown(row.name, row.membership)).collect();
    let Person { id, name: username, email, has_password, github, is_staff, .. } = person;
    Ok(people::Account { id, username, email, has_password, github, is_staff, memberships })
}

/// Has whoever holds a token prove that the account is theirs: with their password, after exactly one run of argon2, or, where they
/// have none, by having signed in lately. The answer is the password's hash.
///
/// # Errors
/// It is not proven.
pub async fn prove(
    app: &App,
    origin: &Origin,
    caller: &Account,
    person: &Person,
    password: Option<SecretString>,
) -> Result<Option<PasswordHash>, Refusal> {
    if !person.has_password {
        return signed_in_lately(app, caller).await?.then_some(None).ok_or_else(|| {
            let message =
                "this account has no password, so sign in with GitHub once more and do it within ten minutes";
            Refusal::new(StatusCode::FORBIDDEN, ErrorCode::ReauthenticationRequired, message)
        });
    }
    let password = password
        .ok_or_else(|| Refusal::bad_request("the password that this account has must be sent along"))?;
    // A token that was left lying around is no way round the throttle of guesses.
    let attempt = PasswordAttempt::begin(app, person.name.as_str(), origin).await?;
    let hash = app.db.password_of(person.id).await?;
    let verified = app.hasher.verify(password, hash.clone(), attempt.precedence()).await;
    let right = verified.map_err(Refusal::too_busy)?;
    attempt.end(right);
    right.then_some(hash).ok_or_else(|| {
        let message = "that is not the password of this account";
        Refusal::new(StatusCode::FORBIDDEN, ErrorCode::WrongCredentials, message)
    })
}

/// Whether whoever holds a token signed in a moment ago: a session that was only kept alive proves nothing.
async fn signed_in_lately(app: &App, Account(claims, _): &Account) -> Result<bool, Refusal> {
    let (now, whose) = (app.now_seconds(), Whose { user: claims.user_id, organization: None });
    let sessions = app.db.sessions(&whose, now).await?;
    let own = sessions.iter().find(|session| session.id == claims.sid);
    Ok(own.is_some_and(|session| now < session.began_at.saturating_add(LATELY)))
}

/// The refusal of what is the operator's to do, with how to ask.
#[must_use]
pub fn by_the_operator(app: &App, why: &str) -> Refusal {
    Refusal::not_allowed(match &app.config.sign_up.contact {
        Some(contact) => format!("{why}; ask for it at {contact}"),
        None => format!("{why}; ask the operator"),
    })
}

/// The refusal of what is no e-mail address.
#[must_use]
pub fn wrong_email(why: InvalidName) -> Refusal {
    Refusal::bad_request(why.to_string())
}

/// The refusal of a name or address that is another user's.
#[must_use]
pub fn taken(error: Error) -> Refusal {
    match error {
        Error::Taken(_) => Refusal::conflict(error.to_string()),
        other => other.into(),
    }
}

/// Why an account was not changed.
#[must_use]
pub fn not_altered(why: NotAltered) -> Refusal {
    match why {
        NotAltered::Changed => Refusal::conflict("the account has changed meanwhile; sign in and look again"),
        NotAltered::EmailTaken(_) => Refusal::conflict(why.to_string()),
        NotAltered::LastOwner(_) => {
            let message = format!("{why}; make another member an owner first, or ask the operator");
            Refusal::new(StatusCode::CONFLICT, ErrorCode::NotAllowed, message)
        }
        NotAltered::Store(error) => error.into(),
    }
}
