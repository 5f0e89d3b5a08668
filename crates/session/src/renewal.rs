//! One refresh at a time, and requests that carry a token.
//!
//! Tokens are renewed at half their life, before a request. A refresh is a flow of its own, so that cancelling
//! the call that began it cannot lose the new pair after the server has ended the old one. Callers in this
//! session wait for the one under way; other tabs and workers are kept out by a lock, and whoever gets it
//! looks first whether somebody else was quicker. A refresh that fails signs nobody out while the old token
//! is still good, and is not tried again for a minute.

use std::rc::Rc;

use serde::{Deserialize, Serialize};
use sliderule_api::tokens::RefreshToken;
use sliderule_api::{ErrorCode, OrganizationName};

use crate::account::{Account, Renewal, Tokens, record_key};
use crate::address::Target;
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request, send};
use crate::sign_in::announce;
use crate::world::World;
use crate::{Failure, Method, Request, refusal};

/// After a failed refresh the next one waits this long, as long as the old token is good.
const PAUSE_AFTER_FAILURE_MS: u64 = 60_000;
/// How long a refused refresh waits for another tab's news before it believes the refusal.
const NEWS_MS: u32 = 500;

/// Sends a request with the organization's token, if one is held, and once more with a new one if it is refused.
///
/// # Errors
/// Those of sending; `reauthentication_required` where the token is refused for good.
pub(crate) async fn send_authorized(
    world: &World,
    target: &Rc<Target>,
    request: &Request,
    timeout_ms: u32,
) -> Result<Reply, Failure> {
    let Some(tokens) = fresh(world, target, None).await? else {
        return send(world, target, request, timeout_ms).await;
    };
    let reply = send(world, target, &with_token(request, &tokens), timeout_ms).await?;
    if !refusal::is_about_the_token(&reply) {
        return Ok(reply);
    }
    let Some(newer) = fresh(world, target, Some(&tokens.access)).await? else {
        return Err(signed_out().at(&request.url));
    };
    let reply = send(world, target, &with_token(request, &newer), timeout_ms).await?;
    if refusal::is_about_the_token(&reply) {
        return Err(signed_out().at(&request.url).with_status(reply.response.status));
    }
    Ok(reply)
}

/// Tokens fit to send now; none where nobody is signed in. `refused` is an access token that a server would not take.
///
/// # Errors
/// `reauthentication_required`, or why the refresh could not be made.
pub(crate) async fn fresh(
    world: &World,
    target: &Rc<Target>,
    refused: Option<&str>,
) -> Result<Option<Tokens>, Failure> {
    let Some(organization) = target.organization.clone() else {
        return Ok(None);
    };
    let now = world.now();
    let is_fit = |tokens: &Tokens| match refused {
        Some(access) => tokens.access != access,
        None => now < tokens.renew_at,
    };
    let Some(held) = held(world, &organization) else {
        return Ok(None);
    };
    if is_fit(&held) {
        return Ok(Some(held));
    }
    let still_good = refused.is_none() && now < held.expires_at;
    let start =
        world.with(|state| match state.accounts.get_mut(&organization).map(|account| &mut account.renewal) {
            Some(Renewal::Failed { at, .. })
                if still_good && now < at.saturating_add(PAUSE_AFTER_FAILURE_MS) =>
            {
                None
            }
            Some(Renewal::Running) | None => Some(false),
            Some(idle) => {
                *idle = Renewal::Running;
                Some(true)
            }
        });
    match start {
        None => return Ok(Some(held)),
        Some(true) => {
            let flow = renew(
                world.clone(),
                Rc::clone(target),
                organization.clone(),
                held.clone(),
                refused.is_some(),
            );
            world.spawn(Box::pin(flow));
        }
        Some(false) => {}
    }
    world
        .until(|state| {
            !state
                .accounts
                .get(&organization)
                .is_some_and(|account| matches!(account.renewal, Renewal::Running))
        })
        .await;
    let (tokens, failure) = world.with(|state| match state.accounts.get(&organization) {
        Some(Account { tokens, renewal: Renewal::Failed { failure, .. }, .. }) => {
            (tokens.clone(), Some(failure.clone()))
        }
        Some(Account { tokens, .. }) => (tokens.clone(), None),
        None => (None, None),
    });
    match (tokens, failure) {
        (Some(tokens), None) => Ok(Some(tokens)),
        (Some(tokens), Some(_)) if still_good => Ok(Some(tokens)),
        (_, Some(failure)) => Err(failure),
        (None, None) => Err(signed_out()),
    }
}

/// The flow of one refresh. `refused` says that a server would not take the access token any more.
async fn renew(
    world: World,
    target: Rc<Target>,
    organization: OrganizationName,
    held: Tokens,
    refused: bool,
) {
    let result = renew_locked(&world, &target, &organization, &held).await;
    let now = world.now();
    let ended = refused || now >= held.expires_at;
    world.with(|state| {
        // Signed out in the meantime: what was renewed is not taken up again.
        let Some(account) = state.accounts.get_mut(&organization) else { return };
        account.renewal = match result {
            // A sign-in or another tab was quicker.
            _ if account.tokens.as_ref().is_some_and(|tokens| tokens.access != held.access) => Renewal::Idle,
            Ok(tokens) => {
                account.tokens = Some(tokens);
                Renewal::Idle
            }
            Err(failure) => {
                if ended && failure.code == ErrorCode::ReauthenticationRequired {
                    account.tokens = None;
                }
                Renewal::Failed { at: now, failure }
            }
        };
    });
    world.changed();
    announce(&world);
}

async fn renew_locked(
    world: &World,
    target: &Target,
    organization: &OrganizationName,
    held: &Tokens,
) -> Result<Tokens, Failure> {
    let provisioning = target.provisioning()?;
    let key = record_key(provisioning, organization, &held.user);
    let _lock = world.lock(key.clone()).await;
    if let Some(tokens) = stored(world, &key, held).await {
        return Ok(tokens);
    }
    let body = serde_json::to_string(&RefreshToken { refresh: held.refresh.clone() }).ok();
    let mut request = request(Method::Post, format!("{provisioning}/api/org_token/refresh/"), body);
    request.secrets.push(held.refresh.clone());
    let reply = send(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.is_success() {
        let tokens = Tokens::from_answer(&reply, world.now(), Some(&held.user))?;
        if tokens.user != held.user {
            return Err(reply.failure(
                ErrorCode::BadResponse,
                "the provisioning system renewed the token for another user",
            ));
        }
        // After a sign-out or a new sign-in there is nothing to renew any more.
        if self::held(world, organization).is_some_and(|tokens| tokens.access == held.access) {
            world.save(key.clone(), tokens.to_record()).await;
            world.broadcast(news(&key, &tokens));
        }
        return Ok(tokens);
    }
    if !matches!(reply.response.status, 400 | 401 | 403) {
        return Err(refusal::of_any(&reply));
    }
    // The refresh token may have been used by a tab whose news are still on their way.
    world.sleep(NEWS_MS).await;
    let told = self::held(world, organization).filter(|tokens| is_newer(tokens, held));
    if let Some(tokens) = told {
        return Ok(tokens);
    }
    if let Some(tokens) = stored(world, &key, held).await {
        return Ok(tokens);
    }
    // The record is of no use to anybody; the access token, if it is still good, serves until its end.
    world.forget(key).await;
    Err(signed_out().at(&request.url).with_status(reply.response.status))
}

/// What another tab or worker put into the store, if it is newer than what is held.
async fn stored(world: &World, key: &str, held: &Tokens) -> Option<Tokens> {
    let record = world.load(key.to_owned()).await?;
    Tokens::from_record(&record).filter(|tokens| is_newer(tokens, held))
}

/// Tokens of the same user, received later.
fn is_newer(tokens: &Tokens, held: &Tokens) -> bool {
    tokens.user == held.user && tokens.issued_at > held.issued_at && tokens.access != held.access
}

fn held(world: &World, organization: &OrganizationName) -> Option<Tokens> {
    world.with(|state| state.accounts.get(organization).and_then(|account| account.tokens.clone()))
}

fn with_token(request: &Request, tokens: &Tokens) -> Request {
    let mut request = request.clone();
    request.headers.push(("Authorization", format!("Bearer {}", tokens.access)));
    request.secrets.push(tokens.access.clone());
    request
}

/// The failure of whoever must sign in again.
pub(crate) fn signed_out() -> Failure {
    Failure::new(
        ErrorCode::ReauthenticationRequired,
        "the sign-in has ended; call authenticate with credentials",
    )
}

/// What one tab tells the others after a refresh.
#[derive(Serialize, Deserialize)]
struct News {
    key: String,
    tokens: Tokens,
}

fn news(key: &str, tokens: &Tokens) -> String {
    serde_json::to_string(&News { key: key.to_owned(), tokens: tokens.clone() }).unwrap_or_default()
}

/// Takes up what another tab said, where it is about the same user of the same organization and deployment.
pub(crate) fn heard(world: &World, message: &str) {
    let Ok(news) = serde_json::from_str::<News>(message) else { return };
    let Some(tokens) = Tokens::from_record(&news.tokens.to_record()) else { return };
    let target = world.target();
    let (Some(organization), Some(provisioning)) = (&target.organization, &target.provisioning) else {
        return;
    };
    if news.key != record_key(provisioning, organization, &tokens.user) {
        return;
    }
    world.with(|state| {
        let account = state.accounts.get_mut(organization);
        if let Some(held) =
            account.and_then(|account| account.tokens.as_mut()).filter(|held| is_newer(&tokens, held))
        {
            *held = tokens;
        }
    });
    world.changed();
}
