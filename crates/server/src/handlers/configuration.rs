//! `GET /api/v1/organizations/<org>/configuration`: what an owner may change, with its `ETag`.

use axum::extract::State;

use crate::app::Shared;
use crate::configuration;
use crate::http::etag::Tagged;
use crate::http::{Caller, Refusal, Segments};

/// What an owner may change, with its `ETag`.
///
/// Every member may see it: it says what they may ask for.
#[utoipa::path(
    get,
    path = "",
    operation_id = "configuration",
    tag = "Configuration",
    extensions(("x-role" = json!("member"))),
    responses(
        (
            status = 200,
            description = "The configuration.",
            body = sliderule_api::configuration::Configuration,
            headers(("ETag" = String, description = "The version.")),
        ),
    )
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Tagged, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let cluster = app.cluster(&member.organization).await?;
    Ok(Tagged::of(&configuration::of(&cluster)))
}
