//! `GET /api/org_ip_adr/<org>/`: the gateway's IP address, for clients that cannot wait for DNS.

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use sliderule_api::ErrorCode;
use sliderule_api::capacity::AddressAnswer;

use crate::app::Shared;
use crate::http::{Caller, Refusal, Segments};

/// The gateway's IP address.
///
/// The gateway is there whether the cluster sleeps or not, so its address always is.
#[utoipa::path(
    get,
    path = "",
    operation_id = "org_ip_adr",
    tag = "Organization-token API",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "The address.", body = AddressAnswer))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<AddressAnswer>, Refusal> {
    caller.member_of(&app, &organization).await?;
    let listened = Some(app.config.listen.ip()).filter(|ip| !ip.is_unspecified());
    let Some(address) = app.config.public_ip.or(listened) else {
        return Err(Refusal::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::Unsupported,
            "the operator has not set public_ip; use the cluster's host name",
        ));
    };
    Ok(Json(AddressAnswer { status: "SUCCESS".to_owned(), ip_address: address.to_string() }))
}
