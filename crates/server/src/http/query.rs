//! The query of a request.

use axum::extract::FromRequestParts;
use axum::extract::Query as AxumQuery;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::Refusal;

/// Like axum's `Query`, with an answer of ours where something is missing, wrong or unknown.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        match AxumQuery::<T>::from_request_parts(parts, state).await {
            Ok(AxumQuery(query)) => Ok(Self(query)),
            Err(rejection) => {
                // The parser's message names the field.
                let why = rejection.body_text();
                let why = why.trim_start_matches("Failed to deserialize query string: ");
                Err(Refusal::bad_request(format!("the query (what follows `?`) cannot be used: {why}")))
            }
        }
    }
}
