//! `POST /api/v1/github/session`: a pair of tokens for a browser that comes back from GitHub.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use http::StatusCode;
use http::request::Parts;
use sliderule_api::ErrorCode;
use sliderule_api::github::GitHubReturn;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::TokenAnswer;

use crate::app::{App, Shared};
use crate::auth::{GitHubAccount, Purpose};
use crate::http::fields::whole_json;
use crate::http::{Account, Origin, Refusal};
use crate::store::User;
use crate::{Error, github_sign_in, sign_in};

/// What it looks like, for who sent another thing.
const EXAMPLE: &str =
    "{\"flow\": \"srf_…\", \"code\": \"…\", \"state\": \"srs_…\", \"organization\": \"acme\"}";

/// A pair of tokens for a browser that comes back from GitHub.
///
/// One answer for every way in which flow and state are not right: whoever tries them learns nothing.
#[utoipa::path(
    post,
    path = "",
    operation_id = "github_session",
    tag = "Signing in",
    extensions(("x-role" = json!("open"))),
    request_body = GitHubReturn,
    responses(
        (status = 200, description = "The tokens.", body = TokenAnswer),
        (status = 409, description = "Another user has this GitHub account."),
    )
)]
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    request: Request,
) -> Result<Json<TokenAnswer>, Refusal> {
    let (parts, body) = request.into_parts();
    let back = whole_json(Request::from_parts(parts.clone(), body), EXAMPLE).await?;
    let GitHubReturn { flow, code, state, organization } = back;
    let github = github_sign_in::github(&app)?;
    let finished = {
        let mut flows = app.github_flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.finish(&flow, &state, app.clock.now())
    };
    let (purpose, verifier) = finished.ok_or_else(|| {
        github_sign_in::denied(
            "this sign-in with GitHub did not begin in this browser within ten minutes; begin again",
        )
    })?;
    let linking = match purpose {
        Purpose::SignIn => None,
        Purpose::Link(user) => Some(who_links(&app, parts, user).await?),
    };
    let account = github.account_of_code(&code, &verifier).await.map_err(github_sign_in::refuse)?;
    let user = match linking {
        None => github_sign_in::user_or_newcomer(&app, &account, &origin).await?,
        Some(caller) => link(&app, caller, &account, &origin).await?,
    };
    let how = SignedInBy::Github;
    let pair = match organization {
        Some(organization) => sign_in::issue(&app, &user, &organization, how, &origin).await,
        None => sign_in::issue_account(&app, &user, how, &origin).await,
    };
    pair.map(Json)
}

/// The caller, who must be the one who began.
async fn who_links(app: &Shared, mut parts: Parts, began: i64) -> Result<Account, Refusal> {
    let caller = Account::from_request_parts(&mut parts, app).await?;
    if caller.0.user_id == began {
        return Ok(caller);
    }
    Err(github_sign_in::denied("another user began to link a GitHub account; begin again"))
}

async fn link(
    app: &App,
    Account(claims, _): Account,
    account: &GitHubAccount,
    origin: &Origin,
) -> Result<User, Refusal> {
    let actor = origin.of(&claims);
    let user = User { id: claims.user_id, name: claims.user_name };
    match app.db.link_github(&user, account, actor, app.clock.now()).await {
        Ok(()) => Ok(user),
        Err(Error::Taken(_)) => Err(Refusal::new(
            StatusCode::CONFLICT,
            ErrorCode::InvalidArgument,
            "another user here has this GitHub account; sign in with it, or link another one",
        )),
        Err(Error::Unknown(_)) => {
            Err(github_sign_in::denied("your account may not sign in; ask the operator"))
        }
        Err(error) => Err(error.into()),
    }
}
