//! `PUT` and `PATCH /api/disable_provisioning/`: what the original's own deployment used, and nobody needs here.

use http::StatusCode;
use sliderule_api::ErrorCode;

use crate::http::Refusal;

/// The password in the body is not even read. Stopping the server stops provisioning.
pub async fn put() -> Refusal {
    Refusal::new(
        StatusCode::NOT_IMPLEMENTED,
        ErrorCode::Unsupported,
        "provisioning is not disabled over HTTP; the operator suspends an organization with `sliderule-ps org set \
         --suspended true`, or stops the server",
    )
}
