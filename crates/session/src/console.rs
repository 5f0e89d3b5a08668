//! Status, costs, release, extension and estimate: what only our own API (`/api/v1/`) has.

use std::rc::Rc;

use sliderule_api::{ErrorCode, RequestId};

use crate::address::Target;
use crate::answers::{CapacityRequest, Costs, Estimate, Grant, Status};
use crate::call::{Extended, Released, View};
use crate::capacity::{accepted, is_ours};
use crate::http::request;
use crate::json;
use crate::world::World;
use crate::{Failure, Method, Request, refusal};

/// What a request is answered that would shorten what it should extend.
const CONFLICT: u16 = 409;

/// What the cluster is doing.
///
/// # Errors
/// `unsupported` on an older provisioning system, and whatever refused the request.
pub(crate) async fn status(world: &World, target: &Rc<Target>) -> Result<Box<Status>, Failure> {
    let request = ours(world, target, Method::Get, "status", None)?;
    accepted(world, target, request, refusal::of_any).await?.json()
}

/// Status, costs or an estimate, as the server wrote it.
///
/// # Errors
/// `unsupported` on an older provisioning system, and whatever refused the request: for an estimate, the refusal that the
/// order would get.
pub(crate) async fn view(world: &World, target: &Rc<Target>, view: View) -> Result<String, Failure> {
    let request = match view {
        View::Status => ours(world, target, Method::Get, "status", None),
        View::Costs => ours(world, target, Method::Get, "costs", None),
        View::Estimate(order) => {
            let seconds = u64::from(order.time_to_live) * 60;
            let rest = format!("estimate?nodes={}&time_to_live_seconds={seconds}", order.desired_nodes);
            ours(world, target, Method::Get, &rest, None)
        }
    }?;
    let reply = accepted(world, target, request, refusal::of_any).await?;
    match view {
        View::Status => reply.json::<Box<Status>>().map(|_| ()),
        View::Costs => reply.json::<Costs>().map(|_| ()),
        View::Estimate(_) => reply.json::<Estimate>().map(|_| ()),
    }?;
    Ok(reply.response.body)
}

/// Lets a request for nodes live longer.
///
/// # Errors
/// `invalid_argument` where this session has made none and none is named; `unsupported` on an older provisioning
/// system; whatever refused it.
pub(crate) async fn extend(
    world: &World,
    target: &Rc<Target>,
    request: Option<RequestId>,
    minutes: u32,
) -> Result<Extended, Failure> {
    let id = match request {
        Some(id) => id,
        None => ordered(world, target)?.pop().ok_or_else(|| {
            Failure::invalid(
                "there is no request for nodes to extend; ask for some with scaleout, or name one of those in the status",
            )
        })?,
    };
    let change = json::object(&[("time_to_live_seconds", &(u64::from(minutes) * 60))]);
    let request = ours(world, target, Method::Patch, &format!("requests/{id}"), Some(change))?;
    let (request, cost_micro_usd) = match accepted(world, target, request, refusal::of_any).await {
        Ok(reply) => {
            let grant: Grant = reply.json()?;
            (grant.request, grant.cost_micro_usd)
        }
        // It ends later than that already.
        Err(failure) if failure.status == Some(CONFLICT) => {
            let status = status(world, target).await?;
            let live = status.requests.iter().find(|live| live.id == id);
            (live.ok_or(failure)?.clone(), 0)
        }
        Err(failure) => return Err(failure),
    };
    let CapacityRequest { id: request_id, nodes, expires_at } = request;
    Ok(Extended { request_id, nodes, expires_at, cost_micro_usd })
}

/// Takes back one request for nodes, or all that this session made for the organization; those that are not
/// answered yet, as those of calls that were ended early, are waited for.
///
/// # Errors
/// `unsupported` on an older provisioning system, and whatever refused the request. A request that ended in the
/// meantime is no error where it was not named.
pub(crate) async fn release(
    world: &World,
    target: &Rc<Target>,
    request: Option<RequestId>,
) -> Result<Released, Failure> {
    let is_named = request.is_some();
    let ids = match request {
        Some(id) => vec![id],
        None => {
            world.until(|state| state.ordering == 0).await;
            ordered(world, target)?
        }
    };
    for id in &ids {
        let request = ours(world, target, Method::Delete, &format!("requests/{id}"), None)?;
        match accepted(world, target, request, refusal::of_any).await {
            Ok(reply) => {
                let released: Released = reply.json()?;
                settle(world, id);
                if is_named {
                    return Ok(released);
                }
            }
            Err(failure) if !is_named && failure.status == Some(404) => settle(world, id),
            Err(failure) => return Err(failure),
        }
    }
    status(world, target).await.map(|status| Released { target_nodes: status.target_nodes })
}

/// The requests that this session made for the organization, the oldest first.
///
/// # Errors
/// `unsupported` for a single node.
fn ordered(world: &World, target: &Target) -> Result<Vec<RequestId>, Failure> {
    let organization = target.organization.as_ref().ok_or_else(no_api)?;
    let mut ids = Vec::new();
    world.with(|state| {
        for (owner, id) in &state.orders {
            if owner == organization {
                ids.push(id.clone());
            }
        }
    });
    Ok(ids)
}

/// The request is not this session's to release any more.
fn settle(world: &World, id: &RequestId) {
    world.with(|state| state.orders.retain(|(_, other)| other != id));
    world.tell_orders();
}

/// The URL of something of the organization.
///
/// # Errors
/// `unsupported` for a single node.
pub(crate) fn path(target: &Target, rest: &str) -> Result<String, Failure> {
    let organization = target.organization.as_ref().ok_or_else(no_api)?;
    Ok(format!("{}{}organizations/{organization}/{rest}", target.provisioning()?, sliderule_api::API_PATH))
}

/// A request to our own API.
///
/// # Errors
/// `unsupported` on an older provisioning system; `credentials_missing` where nobody is signed in.
fn ours(
    world: &World,
    target: &Target,
    method: Method,
    rest: &str,
    body: Option<String>,
) -> Result<Request, Failure> {
    if is_ours(world, target)? { Ok(request(method, path(target, rest)?, body)) } else { Err(no_api()) }
}

fn no_api() -> Failure {
    Failure::new(
        ErrorCode::Unsupported,
        "this provisioning system is an older one, which cannot tell or do this",
    )
}
