//! `PUT` and `PATCH /api/v1/organizations/<org>/configuration`: the whole configuration anew, or what is named of it.

use axum::extract::{Request, State};
use sliderule_api::configuration::{Configuration, ConfigurationChange};

use crate::app::Shared;
use crate::configuration;
use crate::http::etag::{For, Tagged};
use crate::http::fields::whole_json;
use crate::http::{Caller, Origin, Refusal, Segments};

const WHOLE: &str = "{\"min_nodes\": 0, \"max_nodes\": 4, \"per_user\": null, \"version\": \"v4.0.4\", \"paused\": false, \
                     \"node_cap\": 10}";
const PART: &str = "{\"max_nodes\": 4}";

/// Configures the cluster anew.
///
/// Only an owner: it decides how much can be spent. A manager runs the cluster within it.
#[utoipa::path(
    put,
    path = "",
    operation_id = "put_configuration",
    tag = "Configuration",
    extensions(("x-role" = json!("owner"))),
    request_body = Configuration,
    params(("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*`.")),
    responses(
        (
            status = 200,
            description = "The new configuration.",
            body = Configuration,
            headers(("ETag" = String, description = "Its version.")),
        ),
        (status = 402, description = "Live requests would cost more than there is."),
        (status = 412, description = "Somebody changed it meanwhile."),
        (status = 428, description = "`If-Match` is missing."),
    )
)]
pub async fn put(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
    request: Request,
) -> Result<Tagged, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_owns("configure the cluster")?;
    let meant = For::read(request.headers())?;
    let new: Configuration = whole_json(request, WHOLE).await?;
    let configured = configuration::change(&app, &member, &origin, &meant, |_| new.clone());
    Ok(Tagged::of(&configured.await?))
}

/// Changes what is named of the configuration.
///
/// As `put`; what is not named stays as it is.
#[utoipa::path(
    patch,
    path = "",
    operation_id = "patch_configuration",
    tag = "Configuration",
    extensions(("x-role" = json!("owner"))),
    request_body = ConfigurationChange,
    params(("If-Match" = String, Header, description = "The `ETag` of the version that is changed, or `*`.")),
    responses(
        (
            status = 200,
            description = "The new configuration.",
            body = Configuration,
            headers(("ETag" = String, description = "Its version.")),
        ),
        (status = 402, description = "Live requests would cost more than there is."),
        (status = 412, description = "Somebody changed it meanwhile."),
        (status = 428, description = "`If-Match` is missing."),
    )
)]
pub async fn patch(
    State(app): State<Shared>,
    origin: Origin,
    caller: Caller,
    Segments(organization): Segments<String>,
    request: Request,
) -> Result<Tagged, Refusal> {
    let member = caller.member_of(&app, &organization).await?.who_owns("configure the cluster")?;
    let meant = For::read(request.headers())?;
    let change: ConfigurationChange = whole_json(request, PART).await?;
    let configured = configuration::change(&app, &member, &origin, &meant, |present| change.of(present));
    Ok(Tagged::of(&configured.await?))
}
