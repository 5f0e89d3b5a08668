//! `PUT` and `PATCH /api/disable_provisioning/`: what the original's own deployment used, and nobody needs here.

use http::StatusCode;
use sliderule_api::ErrorCode;

use crate::http::Refusal;

/// Always refused: the operator does it by command.
///
/// The password in the body is not even read. Stopping the server stops provisioning.
#[utoipa::path(
    method(put, patch),
    path = "",
    operation_id = "put_disable_provisioning",
    tag = "Organization-token API",
    extensions(("x-role" = json!("open"))),
    responses((status = 501, description = "Always."))
)]
pub async fn put() -> Refusal {
    Refusal::new(
        StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Unsupported,
        "provisioning is not disabled over HTTP; the operator suspends an organization with `sliderule-ps org set \
         --suspended true`, or stops the server",
    )
}
