//! Asking for nodes.
//!
//! Ours: one order with an `Idempotency-Key`, answered with a grant. Older provisioning systems: the limits are
//! read first and the number clamped here, then the request is queued, and the cluster's discovery service says
//! how many nodes there are (`shared/reference/provisioning-api.md`, 1.5 and 1.7).

use std::rc::Rc;

use sliderule_api::discovery::SERVICE;
use sliderule_api::{ErrorCode, OrganizationName};

use crate::address::Target;
use crate::answers::{CapacityAnswer, Grant, NodeCounts, Registered};
use crate::call::{Capacity, Order};
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request, send};
use crate::json;
use crate::renewal::send_authorized;
use crate::world::World;
use crate::{Failure, Method, Request, console, refusal};

/// Asks for nodes if an order is given, and says how many there are.
///
/// # Errors
/// Whatever refused the order. A cluster that does not answer yet has no nodes; that is no error.
pub(crate) async fn update(
    world: &World,
    target: &Rc<Target>,
    order: Option<Order>,
) -> Result<Box<Capacity>, Failure> {
    let mut capacity = match order {
        Some(order) => place(world, target, order).await?,
        None => Box::default(),
    };
    capacity.available_nodes = nodes_ready(world, target).await?;
    capacity.ready = capacity.available_nodes >= capacity.requested_nodes;
    Ok(capacity)
}

/// Places an order.
///
/// # Errors
/// Whatever refused it.
pub(crate) async fn place(
    world: &World,
    target: &Rc<Target>,
    order: Order,
) -> Result<Box<Capacity>, Failure> {
    target.provisioning()?;
    let Some(organization) = &target.organization else { return Ok(Box::default()) };
    if is_ours(world, target)? {
        place_ours(world, target, order).await
    } else {
        place_older(world, target, organization, order).await
    }
}

/// Nodes that can take work now: 0 while the cluster does not answer.
///
/// # Errors
/// Those of our own status; an older cluster that cannot be reached simply has no nodes.
pub(crate) async fn nodes_ready(world: &World, target: &Rc<Target>) -> Result<u32, Failure> {
    if is_ours(world, target) == Ok(true) {
        return console::status(world, target).await.map(|status| status.ready);
    }
    Ok(registered(world, target).await)
}

/// What the cluster's discovery service says; anything but an answer counts as no nodes.
pub(crate) async fn registered(world: &World, target: &Target) -> u32 {
    let asked = json::object(&[("service", &SERVICE)]);
    let request = request(Method::Post, format!("{}/discovery/status", target.cluster), Some(asked));
    match send(world, target, &request, REQUEST_TIMEOUT_MS).await {
        Ok(reply) if reply.is_success() => reply.json().map_or(0, |answer: Registered| answer.nodes),
        _ => 0,
    }
}

/// Whether the provisioning system has our own API, which its token answer says; a single node has none.
///
/// # Errors
/// `credentials_missing` where nobody is signed in.
pub(crate) fn is_ours(world: &World, target: &Target) -> Result<bool, Failure> {
    let Some(organization) = &target.organization else { return Ok(false) };
    let ours = world.with(|state| Some(state.account(target)?.tokens.as_ref()?.ours));
    ours.ok_or_else(|| {
        let message = format!("nobody is signed in to `{organization}`; call authenticate");
        Failure::new(ErrorCode::CredentialsMissing, message)
    })
}

async fn place_ours(world: &World, target: &Rc<Target>, order: Order) -> Result<Box<Capacity>, Failure> {
    let seconds = u64::from(order.time_to_live) * 60;
    let asked = json::object(&[("nodes", &order.desired_nodes), ("time_to_live_seconds", &seconds)]);
    let mut request = request(Method::Post, console::path(target, "requests")?, Some(asked));
    let mut key = String::new();
    json::hexadecimal(&mut key, world.random(), 16);
    json::hexadecimal(&mut key, world.random(), 16);
    request.headers.push(("Idempotency-Key", key));
    world.to_the_end(Box::pin(send_order(world.clone(), Rc::clone(target), request))).await
}

/// Sends an order and notes what was granted, so that it can be released whatever became of the call.
async fn send_order(world: World, target: Rc<Target>, request: Request) -> Result<Box<Capacity>, Failure> {
    world.with(|state| state.ordering += 1);
    let reply = accepted(&world, &target, request, refusal::of_scaling).await;
    let answered = reply.and_then(|reply| reply.json::<Grant>());
    world.with(|state| {
        state.ordering -= 1;
        if let (Ok(grant), Some(organization)) = (&answered, &target.organization)
            && grant.request.nodes > 0
        {
            state.orders.push((organization.clone(), grant.request.id.clone()));
        }
    });
    world.tell_orders();
    let grant = answered?;
    Ok(Box::new(Capacity {
        requested_nodes: grant.request.nodes,
        clamped: grant.clamped,
        request_id: Some(grant.request.id),
        expires_at: Some(grant.request.expires_at),
        cost_micro_usd: Some(grant.cost_micro_usd),
        ..Capacity::default()
    }))
}

/// Sends a request to the provisioning system, which has to accept it.
///
/// # Errors
/// Those of sending; what the refusal means.
pub(crate) async fn accepted(
    world: &World,
    target: &Rc<Target>,
    request: Request,
    meaning: fn(&Reply) -> Failure,
) -> Result<Box<Reply>, Failure> {
    let reply = send_authorized(world, target, &request, REQUEST_TIMEOUT_MS).await?;
    if reply.is_success() { Ok(reply) } else { Err(meaning(&reply)) }
}

async fn place_older(
    world: &World,
    target: &Rc<Target>,
    organization: &OrganizationName,
    order: Order,
) -> Result<Box<Capacity>, Failure> {
    let provisioning = target.provisioning()?;
    let limits = request(Method::Get, format!("{provisioning}/api/org_num_nodes/{organization}/"), None);
    let limits: NodeCounts = accepted(world, target, limits, refusal::of_scaling).await?.json()?;
    let nodes = order.desired_nodes.min(limits.max_nodes).max(limits.min_nodes);
    let url = format!(
        "{provisioning}/api/desired_org_num_nodes_ttl/{organization}/{nodes}/{}/",
        order.time_to_live
    );
    let queued = request(Method::Post, url, None);
    let reply = accepted(world, target, queued, refusal::of_scaling).await?;
    let answer: CapacityAnswer = reply.json()?;
    if !matches!(answer.status.as_str(), "QUEUED" | "REDUNDANT") {
        return Err(
            reply.failure(ErrorCode::ScaleRefused, reply.quote(answer.msg.as_deref().unwrap_or_default()))
        );
    }
    Ok(Box::new(Capacity {
        requested_nodes: nodes,
        clamped: nodes != order.desired_nodes,
        request_id: answer.request_id,
        expires_at: answer.expires_at,
        ..Capacity::default()
    }))
}
