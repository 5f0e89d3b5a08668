//! `GET /ping/`: whether the server lives, for load balancers.

/// Answers before anything is checked.
pub async fn get() -> &'static str {
    "pong!"
}
