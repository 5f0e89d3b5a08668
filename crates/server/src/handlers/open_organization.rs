//! `POST /api/v1/session/organization`: a pair of tokens for one of one's organizations, for a token for one's account.

use axum::Json;
use axum::extract::{Request, State};
use sliderule_api::sessions::OpenOrganization;
use sliderule_api::tokens::TokenAnswer;

use crate::app::Shared;
use crate::http::fields::whole_json;
use crate::http::{Caller, Origin, Refusal};
use crate::sign_in;

/// What the body looks like, for who sent another thing.
const EXAMPLE: &str = "{\"organization\": \"acme\"}";

/// What the token opens elsewhere is no more than what its user may have, and ends with the session it belongs to.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    request: Request,
) -> Result<Json<TokenAnswer>, Refusal> {
    let Caller(claims, admitted) = caller.for_account("only a token for your account opens another one")?;
    let OpenOrganization { organization } = whole_json(request, EXAMPLE).await?;
    sign_in::issue_opened(&app, &claims, &admitted, &organization, &origin).await.map(Json)
}
