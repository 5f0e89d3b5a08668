//! `GET /api/v1/organizations/<org>/events`: what happens to the cluster, as it happens.

use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::Shared;
use crate::events;
use crate::http::{Caller, Refusal, Segments};

/// Where a listener was that comes back.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Has nginx and its like pass on what comes as it comes.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// For every member, until the token or the membership ends. An id that is none of ours is as good as none.
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
