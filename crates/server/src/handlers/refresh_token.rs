//! `POST /api/org_token/refresh/`: the next pair of tokens for a refresh token.

use axum::Json;
use axum::extract::State;
use sliderule_api::tokens::{Claims, TokenAnswer, TokenKind};

use super::sessions::whose;
use crate::app::Shared;
use crate::auth::rotation::{Decision, Exchange, Presented, decide};
use crate::auth::{Bearer, Names, TokenProblem};
use crate::http::caller::{DISABLED, active_role};
use crate::http::{Fields, Origin, Refusal};
use crate::store::sessions::{Because, Which};
use crate::store::{Family, User};

/// What is told to the holder of a token that is good for nothing any more.
const OVER: &str = "Token is blacklisted; sign in again at /api/org_token/";

/// How often it is looked again after somebody else was faster. One of them wins every time, so that a second look
/// finds what the first winner did.
const LOOKS: u32 = 4;

/// The token is verified before anything in it is believed, and exchanged last, so that a refusal for another reason
/// costs the caller nothing.
pub async fn post(
    State(app): State<Shared>,
    origin: Origin,
    fields: Fields,
) -> Result<Json<TokenAnswer>, Refusal> {
    let [refresh] = fields.require(["refresh"])?;
    let now = app.now_seconds();
    let claims = app.mint.verify(&refresh, TokenKind::Refresh, now).map_err(refuse)?;
    let names = app.mint.children(&claims);
    for _ in 0..LOOKS {
        let family = family_of(&app, &claims).await?;
        let exchange = match decide(presented(&claims, &names.refresh, &family), now) {
            Decision::Again(exchange) => exchange,
            Decision::Theft => return Err(end_stolen(&app, &claims, &origin).await?),
            Decision::Exchange => {
                let exchange = app.mint.exchange(family.ends_at, now)?;
                if !app.db.exchange(&claims, &names.refresh, &exchange).await? {
                    continue;
                }
                exchange
            }
        };
        return pair(&app, &claims, names, &exchange, now).map(Json);
    }
    Err(Refusal::throttled("too many refresh this session at once; ask again", 1))
}

/// The session of a token, if it goes on and its user may use it.
async fn family_of(app: &Shared, claims: &Claims) -> Result<Family, Refusal> {
    let family = app.db.family(claims).await?.filter(|family| family.goes_on_for(claims));
    let family = family.ok_or_else(|| Refusal::token_not_valid(OVER))?;
    if family.disabled {
        return Err(Refusal::token_not_valid(DISABLED));
    }
    if let Some(standing) = family.standing {
        active_role(standing, claims.user_name.as_str(), claims.aud.as_str())?;
    }
    Ok(family)
}

fn pair(
    app: &Shared,
    claims: &Claims,
    names: Names,
    exchange: &Exchange,
    now: u64,
) -> Result<TokenAnswer, Refusal> {
    let user = User { id: claims.user_id, name: claims.user_name.clone() };
    let bearer = Bearer { user, audience: claims.aud.clone(), session: claims.sid.clone() };
    let pair = app.mint.pair(&bearer, names, exchange, now)?;
    // Without its key the pair would be good for nothing.
    pair.ok_or_else(|| Refusal::token_not_valid(OVER))
}

/// Ends the session of a token that was stolen, and refuses whoever presents it.
async fn end_stolen(app: &Shared, claims: &Claims, origin: &Origin) -> Result<Refusal, Refusal> {
    let (whose, which) = (whose(claims), Which::One(&claims.sid));
    let (at, now) = (app.clock.now(), app.now_seconds());
    app.db.revoke_sessions(&whose, which, Because::TokenReused, &origin.of(claims), at, now).await?;
    tracing::warn!(
        session = claims.sid,
        user = claims.user_id,
        "a refresh token was reused; its session is revoked"
    );
    Ok(Refusal::token_not_valid(OVER))
}

/// What a token says of its session, next to what is known of it.
pub(super) fn presented<'a>(claims: &'a Claims, child: &'a str, family: &'a Family) -> Presented<'a> {
    Presented { token: &claims.jti, child, newest: &family.newest, exchange: family.exchange.as_ref() }
}

/// Why a refresh token is not accepted, in the words of the original, and what to do.
pub(super) fn refuse(problem: TokenProblem) -> Refusal {
    Refusal::token_not_valid(match problem {
        TokenProblem::WrongKind => "Token has wrong type; send the refresh token",
        TokenProblem::Invalid | TokenProblem::Expired => {
            "Token is invalid or expired; sign in again at /api/org_token/"
        }
    })
}
