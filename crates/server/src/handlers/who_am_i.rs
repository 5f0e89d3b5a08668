//! `GET /api/v1/session`: whose token was sent, and what it is good for.

use axum::Json;
use axum::extract::State;
use sliderule_api::sessions::WhoAmI;

use crate::app::Shared;
use crate::http::{Caller, Refusal};
use crate::instants;
use crate::store::Standing;

/// Whose token was sent, and what it is good for.
///
/// A token for an organization may be seen by its cluster: where its user is reached is told to tokens for the account
/// only.
#[utoipa::path(
    get,
    path = "",
    operation_id = "session",
    tag = "Signing in",
    extensions(("x-role" = json!("account"))),
    security(("account_token" = []), ("organization_token" = [])),
    responses((status = 200, description = "Whose.", body = WhoAmI))
)]
pub async fn get(
    State(app): State<Shared>,
    Caller(claims, admitted): Caller,
) -> Result<Json<WhoAmI>, Refusal> {
    let organization = claims.aud.organization().cloned();
    let email = match organization {
        None => Some(app.db.email_of(claims.user_id).await?),
        Some(_) => None,
    };
    let role = match admitted.standing {
        Some(Standing::Active(role)) => Some(role.as_str().to_owned()),
        _ => None,
    };
    Ok(Json(WhoAmI {
        user: claims.user_name,
        email,
        organization,
        role,
        is_staff: admitted.is_staff,
        session: claims.sid,
        expires_at: instants::utc_of(claims.exp),
    }))
}
