//! The last step of every way to sign in: from a user who proved who they are to a pair of tokens.

use sliderule_api::OrganizationName;
use sliderule_api::tokens::{Audience, TokenAnswer};
use uuid::Uuid;

use crate::app::App;
use crate::http::Refusal;
use crate::http::caller::active_role;
use crate::store::User;

/// Begins a session in an organization, if the user is an active member of it.
///
/// # Errors
/// There is no such organization, or the user is not an active member.
pub async fn issue(app: &App, user: &User, organization: &str) -> Result<TokenAnswer, Refusal> {
    let organization = check(app, user, organization).await?;
    begin(app, user, &Audience::Organization(organization))
}

/// Begins a session of the user's own account.
///
/// # Errors
/// Signing failed.
pub fn issue_account(app: &App, user: &User) -> Result<TokenAnswer, Refusal> {
    begin(app, user, &Audience::Account)
}

fn begin(app: &App, user: &User, audience: &Audience) -> Result<TokenAnswer, Refusal> {
    let session = Uuid::new_v4().simple().to_string();
    Ok(app.mint.issue(user, audience, &session, app.now_seconds())?)
}

/// The organization of that name, if the user is an active member of it.
///
/// # Errors
/// There is no such organization, or the user is not an active member.
pub async fn check(app: &App, user: &User, organization: &str) -> Result<OrganizationName, Refusal> {
    let standing = app.db.standing(user.id, organization).await?;
    active_role(standing, user.name.as_str(), organization)?;
    // A name that the database knows can be read as one.
    organization.parse().map_err(|_| Refusal::internal())
}
