//! `GET /.well-known/jwks.json`: the public halves of the keys that sign tokens, for whoever wants to verify one.

use axum::Json;
use axum::extract::State;
use http::HeaderName;
use http::header::CACHE_CONTROL;
use sliderule_api::keys::JsonWebKeys;

use crate::app::Shared;

/// How long a copy may be kept: much shorter than a key is published before it signs.
const KEEP: &str = "public, max-age=300";

/// Everybody may have them.
pub async fn get(State(app): State<Shared>) -> ([(HeaderName, &'static str); 1], Json<JsonWebKeys>) {
    ([(CACHE_CONTROL, KEEP)], Json(app.mint.public_keys()))
}
