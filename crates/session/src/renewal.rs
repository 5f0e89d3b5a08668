//! One refresh at a time, and requests that carry a token.
//!
//! Tokens are renewed at half their life, before a request. A refresh is a flow of its own, so that cancelling
//! the call that began it cannot lose the new pair after the server has ended the old one. Callers in this
//! session wait for the one under way; other tabs and workers are asked first, then kept out by a lock, and whoever
//! gets it looks once more whether somebody else was quicker. A refresh that fails signs nobody out while the old
//! token is still good, and is not tried again for a while.

use std::rc::Rc;

use sliderule_api::ErrorCode;

use crate::account::{Account, Renewal, Tokens, held, newer};
use crate::address::Target;
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request, send};
use crate::json;
use crate::sign_in::{announce, revoke};
use crate::world::World;
use crate::{Failure, Method, Request, refusal, siblings};

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
    let Some(held) = held(world, target) else {
        return Ok(None);
    };
    let now = world.server_now();
    let is_fit = match refused {
        Some(access) => held.access != access,
        None => now < held.renew_at,
    };
    if is_fit {
        return Ok(Some(held));
    }
    let still_good = refused.is_none() && now < held.expires_at;
    let begins = world.with(|state| {
        let Some(account) = state.account_mut(target) else { return false };
        let rests = match account.renewal {
            Renewal::Idle => false,
            Renewal::Running => true,
            Renewal::Failed { at, ended, .. } => {
                let pause = if still_good { PAUSE_WHILE_GOOD_MS } else { PAUSE_ONCE_ENDED_MS };
                // A clock that was set back ends a pause.
                (still_good || ended) && (at..at.saturating_add(pause)).contains(&now)
            }
        };
        if !rests {
            account.renewal = Renewal::Running;
        }
        !rests
    });
    if begins {
        world.spawn(Box::pin(renew(world.clone(), Rc::clone(target), held, refused.is_some())));
    }
    let is_over = |account: &Account| !matches!(account.renewal, Renewal::Running);
    world.until(|state| state.account(target).is_none_or(is_over)).await;
    world.with(|state| match state.account(target) {
        Some(Account { renewal: Renewal::Failed { failure, .. }, tokens, .. })
            if !still_good || tokens.is_none() =>
        {
            Err(failure.clone())
        }
        Some(Account { tokens: Some(tokens), .. }) => Ok(Some(tokens.clone())),
        _ => Err(signed_out()),
    })
}

/// The flow of one refresh. `refused` says that a server would not take the access token any more.
async fn renew(world: World, target: Rc<Target>, held: Rc<Tokens>, refused: bool) {
    let result = renew_once(&world, &target, &held).await;
    let now = world.server_now();
    let ended = refused || now >= held.expires_at;
    let mut left_over = None;
    world.with(|state| {
        state.changes += 1;
        let Some(account) = state.account_mut(&target) else {
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
    announce(&world);
    if let Some(tokens) = left_over {
        revoke(&world, &target, &tokens).await;
    }
}

async fn renew_once(world: &World, target: &Target, old: &Tokens) -> Result<Rc<Tokens>, Failure> {
    let key = target.key(&old.principal);
    if let Some(tokens) = renewed_by_others(world, target, old, true).await {
        return Ok(tokens);
    }
    let began = world.now();
    let _lock = world.lock(key.clone()).await;
    // Whoever had the lock has renewed them, and may keep them in a store of its own.
    let contended = world.now().saturating_sub(began) > UNCONTENDED_MS;
    if let Some(tokens) = renewed_by_others(world, target, old, contended).await {
        return Ok(tokens);
    }
    let fields = json::object(&[("refresh", &old.refresh)]);
    let request = about_tokens(target, "org_token/refresh", fields, &old.refresh)?;
    let reply = send(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.is_success() {
        let tokens = Tokens::from_answer(&reply, world.server_now(), &old.principal, Some(&old.user))?;
        if tokens.user != old.user {
            return Err(reply.failure(
                ErrorCode::BadResponse,
                "the provisioning system renewed the token for another user",
            ));
        }
        // After a sign-out or a new sign-in there is nothing to renew any more; and where the lock was not to be had,
        // somebody else may have been quicker.
        let is_still_held = held(world, target).is_some_and(|held| held.access == old.access);
        if is_still_held && newer(world, target, &tokens).await.is_none() {
            world.save(key, tokens.to_record()).await;
            siblings::tell(world, target, &tokens);
        }
        return Ok(tokens);
    }
    if !matches!(reply.response.status, 400 | 401 | 403) {
        return Err(refusal::of_any(&reply));
    }
    // The refresh token may have been used by a tab whose news are still on their way.
    world.sleep(NEWS_MS).await;
    if let Some(tokens) = renewed_by_others(world, target, old, false).await {
        return Ok(tokens);
    }
    // The record is of no use to anybody; the access token, if it is still good, serves until its end.
    world.forget(key).await;
    Err(signed_out().at(&request.url).with_status(reply.response.status))
}

/// What another tab or worker renewed: the store has it, or they have told of it, or tell it now that they are asked.
async fn renewed_by_others(world: &World, target: &Target, old: &Tokens, ask: bool) -> Option<Rc<Tokens>> {
    if let Some(tokens) = newer(world, target, old).await {
        return Some(tokens);
    }
    match held(world, target).filter(|tokens| tokens.is_newer_than(old)) {
        None if ask => siblings::ask(world, target, Some(&old.principal)).await,
        told => told,
    }
}

/// A request that exchanges a secret for tokens, or ends them.
///
/// # Errors
/// `unsupported` for a single node.
pub(crate) fn about_tokens(
    target: &Target,
    path: &str,
    fields: String,
    secret: &str,
) -> Result<Request, Failure> {
    let url = format!("{}/api/{path}/", target.provisioning()?);
    let mut request = request(Method::Post, url, Some(fields));
    request.secrets.push(secret.to_owned());
    Ok(request)
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
