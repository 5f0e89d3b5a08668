//! Status, costs, release, extension and estimate: what only our own API (`/api/v1/`) has.

use std::rc::Rc;

use sliderule_api::{ErrorCode, OrganizationName, RequestId};

use crate::address::Target;
use crate::answers::{self, CapacityRequest, Costs, Estimate, Grant, Status};
use crate::call::{Extended, Order, Released};
use crate::capacity::{Generation, generation};
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request};
use crate::json;
use crate::renewal::send_authorized;
use crate::world::World;
use crate::{Failure, Method, refusal};

/// What a request is answered that would shorten what it should extend.
const CONFLICT: u16 = 409;

/// What the cluster is doing.
///
/// # Errors
/// `unsupported` on an older provisioning system, and whatever refused the request.
pub(crate) async fn status(world: &World, target: &Rc<Target>) -> Result<Status, Failure> {
    ask(world, target, Method::Get, "status").await?.json()
}

/// Status, costs or an estimate, as the server wrote it.
///
/// # Errors
/// `unsupported` on an older provisioning system, and whatever refused the request: for an estimate, the refusal that the
/// order would get.
pub(crate) async fn view(world: &World, target: &Rc<Target>, view: View) -> Result<String, Failure> {
    let (rest, text): (String, fn(Reply) -> Result<String, Failure>) = match view {
        View::Status => ("status".to_owned(), Reply::text::<Status>),
        View::Costs => ("costs".to_owned(), Reply::text::<Costs>),
        View::Estimate(order) => {
            let seconds = u64::from(order.time_to_live) * 60;
            let query = format!("estimate?nodes={}&time_to_live_seconds={seconds}", order.desired_nodes);
            (query, Reply::text::<Estimate>)
        }
    };
    text(*ask(world, target, Method::Get, &rest).await?)
}

/// What a caller can look at.
pub(crate) enum View {
    /// What the cluster is doing.
    Status,
    /// What it cost.
    Costs,
    /// What an order would be granted now.
    Estimate(Order),
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
    let Some(organization) = &target.organization else { return Err(no_api()) };
    let last = || {
        let orders = world.with(|state| state.orders.clone());
        orders.into_iter().rfind(|(owner, _)| owner == organization).map(|(_, id)| id)
    };
    let Some(id) = request.or_else(last) else {
        return Err(Failure::invalid(
            "there is no request for nodes to extend; ask for some with scaleout, or name one of those in the status",
        ));
    };
    let change = json::object(&[("time_to_live_seconds", &(u64::from(minutes) * 60))]);
    let reply = send_to(world, target, Method::Patch, &format!("requests/{id}"), Some(change)).await?;
    if reply.is_success() {
        let grant: Grant = reply.json()?;
        return Ok(extended(grant.request, grant.cost_micro_usd));
    }
    let failure = refusal::of_any(&reply);
    if reply.response.status == CONFLICT {
        // It ends later than that already.
        let live = status(world, target).await?.requests.into_iter().find(|live| live.id == id);
        return live.map(|live| extended(live, 0)).ok_or(failure);
    }
    Err(failure)
}

fn extended(request: CapacityRequest, cost_micro_usd: i64) -> Extended {
    let CapacityRequest { id: request_id, nodes, expires_at } = request;
    Extended { request_id, nodes, expires_at, cost_micro_usd }
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
    let Some(organization) = &target.organization else {
        return Err(no_api());
    };
    if let Some(id) = request {
        return release_one(world, target, &id).await;
    }
    world.until(|state| state.ordering == 0).await;
    let ours = world.with(|state| state.orders.clone());
    for (_, id) in ours.into_iter().filter(|(owner, _)| owner == organization) {
        match release_one(world, target, &id).await {
            Err(failure) if failure.status != Some(404) => return Err(failure),
            _ => settle(world, &id),
        }
    }
    status(world, target).await.map(|status| Released { target_nodes: status.target_nodes })
}

async fn release_one(world: &World, target: &Rc<Target>, id: &RequestId) -> Result<Released, Failure> {
    let reply = ask(world, target, Method::Delete, &format!("requests/{id}")).await?;
    let released: answers::Released = reply.json()?;
    settle(world, id);
    Ok(Released { target_nodes: released.target_nodes })
}

/// The request is not this session's to release any more.
fn settle(world: &World, id: &RequestId) {
    world.with(|state| state.orders.retain(|(_, other)| other != id));
    world.tell_orders();
}

/// The URL of something of an organization.
///
/// # Errors
/// `unsupported` for a single node.
pub(crate) fn path(target: &Target, organization: &OrganizationName, rest: &str) -> Result<String, Failure> {
    Ok(format!("{}{}organizations/{organization}/{rest}", target.provisioning()?, sliderule_api::API_PATH))
}

async fn ask(world: &World, target: &Rc<Target>, method: Method, rest: &str) -> Result<Box<Reply>, Failure> {
    let reply = send_to(world, target, method, rest, None).await?;
    if reply.is_success() { Ok(reply) } else { Err(refusal::of_any(&reply)) }
}

async fn send_to(
    world: &World,
    target: &Rc<Target>,
    method: Method,
    rest: &str,
    body: Option<String>,
) -> Result<Box<Reply>, Failure> {
    let organization = target.organization.as_ref().ok_or_else(no_api)?;
    match generation(world, organization) {
        Generation::Ours => {}
        Generation::Older => return Err(no_api()),
        Generation::Nobody => {
            let message = format!("nobody is signed in to `{organization}`; call authenticate");
            return Err(Failure::new(ErrorCode::CredentialsMissing, message));
        }
    }
    let request = request(method, path(target, organization, rest)?, body);
    send_authorized(world, target, &request, REQUEST_TIMEOUT_MS).await
}

fn no_api() -> Failure {
    Failure::new(
        ErrorCode::Unsupported,
        "this provisioning system is an older one, which cannot tell or do this",
    )
}
