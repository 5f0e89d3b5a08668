//! `GET /api/v1/organizations/<org>/events`: what happens to the cluster, as it happens.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::Shared;
use crate::events;
use crate::http::layers::LAST_EVENT_ID;
use crate::http::{Caller, Refusal, Segments};

/// Has nginx and its like pass on what comes as it comes.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// What happens to the cluster, as it happens.
///
/// For every member, until the token or the membership ends. An id that is none of ours is as good as none.
#[utoipa::path(
    get,
    path = "",
    operation_id = "cluster_events",
    tag = "Cluster",
    extensions(("x-role" = json!("member"))),
    params(
        (
            "Last-Event-ID" = Option<u64>,
            Header,
            description = "The id of the last event one had: notices after it come first.",
        ),
    ),
    responses(
        (
            status = 200,
            description = "Server-sent events: `status` (a `ClusterStatus`), `notice` (a `Notice`), `end` (an `End`).",
            content_type = "text/event-stream",
            body = String,
        ),
        (status = 429, description = "Too many listen already."),
    )
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let last_event = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()?.parse().ok());
    let events = Body::from_stream(events::listen(&app, member, last_event)?);
    let kind = HeaderValue::from_static("text/event-stream");
    Ok(([(CONTENT_TYPE, kind), NO_BUFFERING], events).into_response())
}
