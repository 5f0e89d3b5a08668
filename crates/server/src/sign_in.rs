//! The last step of every way to sign in: from a user who proved who they are to a session and its first pair of tokens.

use sliderule_api::OrganizationName;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::{Audience, Claims, TokenAnswer};
use uuid::Uuid;

use crate::app::App;
use crate::auth::{Bearer, Names};
use crate::http::caller::active_role;
use crate::http::{Origin, Refusal};
use crate::store::sessions::NewSession;
use crate::store::{Admitted, User};

/// Begins a session in an organization, if the user is an active member of it.
///
/// # Errors
/// There is no such organization, or the user is not an active member.
pub async fn issue(
    app: &App,
    user: &User,
    organization: &str,
    how: SignedInBy,
    origin: &Origin,
) -> Result<TokenAnswer, Refusal> {
    let organization = check(app, user, organization).await?;
    begin(app, user, Audience::Organization(organization), Beginning { how, opener: None, origin }).await
}

/// Begins a session of the user's own account.
///
/// # Errors
/// The user was disabled a moment ago.
pub async fn issue_account(
    app: &App,
    user: &User,
    how: SignedInBy,
    origin: &Origin,
) -> Result<TokenAnswer, Refusal> {
    begin(app, user, Audience::Account, Beginning { how, opener: None, origin }).await
}

/// Begins a session in an organization with the token of an account session: it lives no longer than that one, and is
/// revoked with it.
///
/// # Errors
/// As [`issue`]; or the account session was revoked a moment ago.
pub async fn issue_opened(
    app: &App,
    account: &Claims,
    admitted: &Admitted,
    organization: &str,
    origin: &Origin,
) -> Result<TokenAnswer, Refusal> {
    let user = User { id: account.user_id, name: account.user_name.clone() };
    let organization = check(app, &user, organization).await?;
    let opener = Some((account, admitted.ends_at));
    let beginning = Beginning { how: SignedInBy::Account, opener, origin };
    begin(app, &user, Audience::Organization(organization), beginning).await
}

/// How a session begins.
struct Beginning<'a> {
    how: SignedInBy,
    /// The account session whose token it is got with, and when that one ends.
    opener: Option<(&'a Claims, u64)>,
    origin: &'a Origin,
}

async fn begin(
    app: &App,
    user: &User,
    audience: Audience,
    Beginning { how, opener, origin }: Beginning<'_>,
) -> Result<TokenAnswer, Refusal> {
    let (at, now) = (app.clock.now(), app.now_seconds());
    let latest = opener.map_or(u64::MAX, |(_, ends_at)| ends_at);
    let ends_at = app.config.tokens.session_end(now).min(latest);
    let exchange = app.mint.exchange(ends_at, now)?;
    let names = Names::draw();
    let new = NewSession {
        id: Uuid::new_v4().simple().to_string(),
        user: user.id,
        organization: audience.organization().cloned(),
        how,
        opened_by: opener.map(|(account, _)| account.sid.clone()),
        agent: origin.agent.clone(),
        ends_at,
        newest: names.refresh.clone(),
        exchange,
    };
    let actor = opener.map_or_else(|| origin.user(user.id), |(account, _)| origin.of(account));
    if !app.db.begin_session(&new, &actor, at).await? {
        return Err(Refusal::token_not_valid(
            "the account was disabled or signed out meanwhile; sign in again",
        ));
    }
    let bearer = Bearer { user: user.clone(), audience, session: new.id };
    app.mint.pair(&bearer, names, &new.exchange, now)?.ok_or_else(Refusal::internal)
}

/// The organization of that name, if the user is an active member of it.
///
/// # Errors
/// There is no such organization, or the user is not an active member.
async fn check(app: &App, user: &User, organization: &str) -> Result<OrganizationName, Refusal> {
    let standing = app.db.standing(user.id, organization).await?;
    active_role(standing, user.name.as_str(), organization)?;
    // A name that the database knows can be read as one.
    organization.parse().map_err(|_| Refusal::internal())
}
