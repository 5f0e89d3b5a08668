//! `POST /api/v1/github/flows`: sends a browser to GitHub, to sign in or to link an account.

use std::sync::PoisonError;

use axum::Json;
use axum::extract::{FromRequestParts, Request, State};
use http::StatusCode;
use sliderule_api::ErrorCode;
use sliderule_api::github::{BeginGitHubFlow, GitHubFlow, GitHubPurpose};

use crate::app::Shared;
use crate::auth::Purpose;
use crate::github_sign_in;
use crate::http::fields::whole_json;
use crate::http::{Account, Refusal};

/// What it looks like, for who sent another thing.
const EXAMPLE: &str = "{\"purpose\": \"sign_in\"}";

/// Sends a browser to GitHub, to sign in or to link an account.
///
/// To link an account needs a token for one's own; to sign in needs none.
#[utoipa::path(
    post,
    path = "",
    operation_id = "github_flow",
    tag = "Signing in",
    extensions(("x-role" = json!("open"))),
    request_body = BeginGitHubFlow,
    responses(
        (
            status = 200,
            description = "Where to send the browser, and the secret that it keeps.",
            body = GitHubFlow,
        ),
    )
)]
pub async fn post(State(app): State<Shared>, request: Request) -> Result<Json<GitHubFlow>, Refusal> {
    let (mut parts, body) = request.into_parts();
    let BeginGitHubFlow { purpose } = whole_json(Request::from_parts(parts.clone(), body), EXAMPLE).await?;
    let github = github_sign_in::github(&app)?;
    let purpose = match purpose {
        GitHubPurpose::SignIn => Purpose::SignIn,
        GitHubPurpose::Link => {
            let Account(claims, _) = Account::from_request_parts(&mut parts, &app).await?;
            Purpose::Link(claims.user_id)
        }
    };
    let begun = {
        let mut flows = app.github_flows.lock().unwrap_or_else(PoisonError::into_inner);
        flows.begin([rand::random(), rand::random()], purpose, app.clock.now())
    };
    let authorize_url = github.authorize_url(&begun.state, &begun.challenge).ok_or_else(|| {
        Refusal::new(
            StatusCode::FORBIDDEN,
            ErrorCode::Unsupported,
            "this provisioning system has no application at GitHub; sign in with user name and password, or ask its \
             operator to set one up",
        )
    })?;
    Ok(Json(GitHubFlow { authorize_url, flow: begun.flow }))
}
