//! One refresh at a time, and requests that carry a token.
//!
//! Tokens are renewed at half their life, before a request. A refresh is a flow of its own, so that cancelling
//! the call that began it cannot lose the new pair after the server has ended the old one. Callers in this
//! session wait for the one under way; other tabs and workers are asked first, then kept out by a lock, and whoever
//! gets it looks once more whether somebody else was quicker. A refresh that fails signs nobody out while the old
//! token is still good, and is not tried again for a while.

use std::rc::Rc;

use sliderule_api::{ErrorCode, OrganizationName};

use crate::account::{Account, Renewal, Tokens, record_key};
use crate::address::Target;
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request, send};
use crate::json;
use crate::siblings::{self, is_newer};
use crate::sign_in::{announce, revoke};
use crate::world::World;
use crate::{Failure, Method, Request, refusal};

/// After a failed refresh the next one waits this long, as long as the old token is good.
const PAUSE_WHILE_GOOD_MS: u64 = 60_000;
/// The same once it is not: callers that come all at once must not become a storm.
const PAUSE_ONCE_ENDED_MS: u64 = 5_000;
/// Whoever gets the lock within this time did not wait for anybody's refresh.
const UNCONTENDED_MS: u64 = 50;
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
) -> Result<Box<Reply>, Failure> {
    let mut refused: Option<Rc<Tokens>> = None;
    let mut unheard = None;
    loop {
        let access = refused.as_ref().map(|tokens| tokens.access.as_str());
        let tokens = match (fresh(world, target, access).await, unheard.take()) {
            (Ok(Some(tokens)), _) => tokens,
            (_, Some(failure)) | (Err(failure), None) => return Err(failure),
            (Ok(None), None) if refused.is_some() => return Err(signed_out().at(&request.url)),
            (Ok(None), None) => return send(world, target, request, timeout_ms).await,
        };
        match send(world, target, &with_token(request, &tokens), timeout_ms).await {
            Ok(reply) if refusal::is_about_the_token(&reply) => {
                if refused.is_some() {
                    return Err(signed_out().at(&request.url).with_status(reply.response.status));
                }
            }
            // A browser shows no answer where a refusal lacks the headers of CORS, as those of old gateways do.
            Err(failure)
                if refused.is_none()
                    && failure.code == ErrorCode::Unreachable
                    && world.server_now() >= tokens.renew_at =>
            {
                unheard = Some(failure);
            }
            other => return other,
        }
        refused = Some(tokens);
    }
}

/// Tokens fit to send now; none where nobody is signed in. `refused` is an access token that a server would not take.
///
/// # Errors
/// `reauthentication_required`, or why the refresh could not be made.
pub(crate) async fn fresh(
    world: &World,
    target: &Rc<Target>,
    refused: Option<&str>,
) -> Result<Option<Rc<Tokens>>, Failure> {
    let Some(organization) = target.organization.clone() else {
        return Ok(None);
    };
    let now = world.server_now();
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
    // A clock that was set back ends a pause.
    let paused = |at: u64, pause: u64| (at..at.saturating_add(pause)).contains(&now);
    enum Start {
        /// The tokens held must do.
        Held,
        /// The last failure must do.
        Failed(Failure),
        /// This caller begins the refresh.
        Begin,
        /// Another caller has begun it.
        Join,
    }
    let start =
        world.with(|state| match state.accounts.get_mut(&organization).map(|account| &mut account.renewal) {
            Some(Renewal::Failed { at, .. }) if still_good && paused(*at, PAUSE_WHILE_GOOD_MS) => Start::Held,
            Some(Renewal::Failed { at, ended: true, failure })
                if !still_good && paused(*at, PAUSE_ONCE_ENDED_MS) =>
            {
                Start::Failed(failure.clone())
            }
            Some(Renewal::Running) | None => Start::Join,
            Some(idle) => {
                *idle = Renewal::Running;
                Start::Begin
            }
        });
    match start {
        Start::Held => return Ok(Some(held)),
        Start::Failed(failure) => return Err(failure),
        Start::Begin => {
            let flow = renew(
                world.clone(),
                Rc::clone(target),
                organization.clone(),
                held.clone(),
                refused.is_some(),
            );
            world.spawn(Box::pin(flow));
        }
        Start::Join => {}
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
    held: Rc<Tokens>,
    refused: bool,
) {
    let result = renew_once(&world, &target, &organization, &held).await;
    let now = world.server_now();
    let ended = refused || now >= held.expires_at;
    let mut left_over = None;
    world.with(|state| {
        let Some(account) = state.accounts.get_mut(&organization) else {
            // Signed out in the meantime: what was renewed is not taken up again.
            left_over = result.ok();
            return;
        };
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
                Renewal::Failed { at: now, ended, failure }
            }
        };
    });
    world.changed();
    announce(&world);
    if let Some(tokens) = left_over {
        revoke(&world, &target, &tokens).await;
    }
}

async fn renew_once(
    world: &World,
    target: &Target,
    organization: &OrganizationName,
    held: &Tokens,
) -> Result<Rc<Tokens>, Failure> {
    let provisioning = target.provisioning()?;
    let key = record_key(provisioning, organization, &held.principal);
    if let Some(tokens) = renewed_by_others(world, provisioning, organization, held, true).await {
        return Ok(tokens);
    }
    let began = world.now();
    let _lock = world.lock(key.clone()).await;
    // Whoever had the lock has renewed them, and may keep them in a store of its own.
    let contended = world.now().saturating_sub(began) > UNCONTENDED_MS;
    if let Some(tokens) = renewed_by_others(world, provisioning, organization, held, contended).await {
        return Ok(tokens);
    }
    let asked = json::object(&[("refresh", &held.refresh)]);
    let mut request = request(Method::Post, format!("{provisioning}/api/org_token/refresh/"), Some(asked));
    request.secrets.push(held.refresh.clone());
    let reply = send(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.is_success() {
        let tokens = Tokens::from_answer(&reply, world.server_now(), &held.principal, Some(&held.user))?;
        if tokens.user != held.user {
            return Err(reply.failure(
                ErrorCode::BadResponse,
                "the provisioning system renewed the token for another user",
            ));
        }
        // After a sign-out or a new sign-in there is nothing to renew any more; and where the lock was not to be had,
        // somebody else may have been quicker.
        let is_still_held =
            self::held(world, organization).is_some_and(|tokens| tokens.access == held.access);
        if is_still_held && stored(world, &key, &tokens).await.is_none() {
            world.save(key.clone(), tokens.to_record()).await;
            siblings::tell(world, &key, &tokens);
        }
        return Ok(tokens);
    }
    if !matches!(reply.response.status, 400 | 401 | 403) {
        return Err(refusal::of_any(&reply));
    }
    // The refresh token may have been used by a tab whose news are still on their way.
    world.sleep(NEWS_MS).await;
    if let Some(tokens) = renewed_by_others(world, provisioning, organization, held, false).await {
        return Ok(tokens);
    }
    // The record is of no use to anybody; the access token, if it is still good, serves until its end.
    world.forget(key).await;
    Err(signed_out().at(&request.url).with_status(reply.response.status))
}

/// What another tab or worker renewed: the store has it, or they have told of it, or tell it now that they are asked. What
/// was told is kept.
async fn renewed_by_others(
    world: &World,
    provisioning: &str,
    organization: &OrganizationName,
    old: &Tokens,
    ask: bool,
) -> Option<Rc<Tokens>> {
    let key = record_key(provisioning, organization, &old.principal);
    if let Some(tokens) = stored(world, &key, old).await {
        return Some(tokens);
    }
    let told = match held(world, organization).filter(|tokens| is_newer(tokens, old)) {
        None if ask => siblings::ask(world, provisioning, organization, Some(&old.principal)).await,
        told => told,
    };
    let tokens = told?;
    world.save(key, tokens.to_record()).await;
    Some(tokens)
}

/// What another tab or worker put into the store, if it is newer than what is held.
pub(crate) async fn stored(world: &World, key: &str, held: &Tokens) -> Option<Rc<Tokens>> {
    let record = world.load(key.to_owned()).await?;
    Tokens::from_record(&record).filter(|tokens| is_newer(tokens, held))
}

fn held(world: &World, organization: &OrganizationName) -> Option<Rc<Tokens>> {
    world.with(|state| state.accounts.get(organization).and_then(|account| account.tokens.clone()))
}

pub(crate) fn with_token(request: &Request, tokens: &Tokens) -> Request {
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
