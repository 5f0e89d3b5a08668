//! Who may come in: from an access token to whose it is and what it opens now.
//!
//! One rule for the API and for the gateway, so that neither lets in whom the other keeps out. Always holds: a token
//! opens nothing once its session or its key is revoked or its user disabled, however long it would still live.

use sliderule_api::tokens::{Claims, TokenKind};

use crate::Error;
use crate::auth::{TokenMint, TokenProblem};
use crate::store::{Admission, AdmissionKey, Admitted, Database};

/// Why a token opens nothing.
#[derive(Debug)]
pub enum Closed {
    /// The token itself is not good.
    Token(TokenProblem),
    /// Its session was revoked or has ended.
    SessionOver,
    /// Its user can no longer sign in.
    Disabled,
    /// It could not be looked up.
    Failed(Error),
}

/// Whose token that is, and what it opens.
///
/// # Errors
/// It opens nothing.
pub async fn admit(
    db: &Database,
    mint: &TokenMint,
    token: &str,
    now_seconds: u64,
) -> Result<(Claims, Admitted), Closed> {
    let claims = mint.verify(token, TokenKind::Access, now_seconds).map_err(Closed::Token)?;
    match db.admission(&AdmissionKey::of(&claims)).await {
        // No token of ours lives longer than its session.
        Ok(Admission::Open(admitted)) if claims.exp <= admitted.ends_at => Ok((claims, admitted)),
        Ok(Admission::Open(_) | Admission::Over) => Err(Closed::SessionOver),
        Ok(Admission::Disabled) => Err(Closed::Disabled),
        Err(error) => Err(Closed::Failed(error)),
    }
}
