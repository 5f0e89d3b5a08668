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
use crate::http::{REQUEST_TIMEOUT_MS, request, send};
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
) -> Result<Capacity, Failure> {
    let mut capacity = match order {
        Some(order) => place(world, target, order).await?,
        None => nothing_asked(),
    };
    capacity.available_nodes = nodes_ready(world, target).await?;
    capacity.ready = capacity.available_nodes >= capacity.requested_nodes;
    Ok(capacity)
}

/// Places an order.
///
/// # Errors
/// Whatever refused it.
pub(crate) async fn place(world: &World, target: &Rc<Target>, order: Order) -> Result<Capacity, Failure> {
    target.provisioning()?;
    let Some(organization) = &target.organization else { return Ok(nothing_asked()) };
    match generation(world, organization) {
        Generation::Ours => place_ours(world, target, organization, order).await,
        Generation::Older => place_older(world, target, organization, order).await,
        Generation::Nobody => Err(Failure::new(
            ErrorCode::CredentialsMissing,
            format!("asking for nodes of `{organization}` needs a sign-in; call authenticate"),
        )),
    }
}

/// Nodes that can take work now: 0 while the cluster does not answer.
///
/// # Errors
/// Those of our own status; an older cluster that cannot be reached simply has no nodes.
pub(crate) async fn nodes_ready(world: &World, target: &Rc<Target>) -> Result<u32, Failure> {
    if target.organization.as_ref().is_some_and(|name| generation(world, name) == Generation::Ours) {
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

/// Which API the provisioning system has; known from its token answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    Ours,
    Older,
    /// Nobody is signed in.
    Nobody,
}

pub(crate) fn generation(world: &World, organization: &OrganizationName) -> Generation {
    world.with(|state| match state.accounts.get(organization).and_then(|account| account.tokens.as_ref()) {
        Some(tokens) if tokens.ours => Generation::Ours,
        Some(_) => Generation::Older,
        None => Generation::Nobody,
    })
}

async fn place_ours(
    world: &World,
    target: &Rc<Target>,
    organization: &OrganizationName,
    order: Order,
) -> Result<Capacity, Failure> {
    let seconds = u64::from(order.time_to_live) * 60;
    let asked = json::object(&[("nodes", &order.desired_nodes), ("time_to_live_seconds", &seconds)]);
    let mut request = request(Method::Post, console::path(target, organization, "requests")?, Some(asked));
    let mut key = String::new();
    json::hexadecimal(&mut key, world.random(), 16);
    json::hexadecimal(&mut key, world.random(), 16);
    request.headers.push(("Idempotency-Key", key));
    let grant = world.to_the_end(send_order(world.clone(), Rc::clone(target), request)).await?;
    Ok(Capacity {
        available_nodes: 0,
        requested_nodes: grant.request.nodes,
        clamped: grant.clamped,
        ready: false,
        request_id: Some(grant.request.id),
        expires_at: Some(grant.request.expires_at),
        cost_micro_usd: Some(grant.cost_micro_usd),
    })
}

/// Sends an order and notes what was granted, so that it can be released whatever became of the call.
async fn send_order(world: World, target: Rc<Target>, request: Request) -> Result<Grant, Failure> {
    world.with(|state| state.ordering += 1);
    let answered = send_authorized(&world, &target, &request, REQUEST_TIMEOUT_MS).await.and_then(|reply| {
        if reply.is_success() { reply.json::<Grant>() } else { Err(refusal::of_scaling(&reply)) }
    });
    world.with(|state| {
        state.ordering -= 1;
        if let (Ok(grant), Some(organization)) = (&answered, &target.organization)
            && grant.request.nodes > 0
        {
            state.orders.push((organization.clone(), grant.request.id.clone()));
        }
    });
    world.tell_orders();
    answered
}

async fn place_older(
    world: &World,
    target: &Rc<Target>,
    organization: &OrganizationName,
    order: Order,
) -> Result<Capacity, Failure> {
    let provisioning = target.provisioning()?;
    let limits = request(Method::Get, format!("{provisioning}/api/org_num_nodes/{organization}/"), None);
    let reply = send_authorized(world, target, &limits, REQUEST_TIMEOUT_MS).await?;
    if !reply.is_success() {
        return Err(refusal::of_scaling(&reply));
    }
    let limits: NodeCounts = reply.json()?;
    let nodes = order.desired_nodes.min(limits.max_nodes).max(limits.min_nodes);
    let url = format!(
        "{provisioning}/api/desired_org_num_nodes_ttl/{organization}/{nodes}/{}/",
        order.time_to_live
    );
    let reply = send_authorized(world, target, &request(Method::Post, url, None), REQUEST_TIMEOUT_MS).await?;
    if !reply.is_success() {
        return Err(refusal::of_scaling(&reply));
    }
    let answer: CapacityAnswer = reply.json()?;
    if !matches!(answer.status.as_str(), "QUEUED" | "REDUNDANT") {
        return Err(
            reply.failure(ErrorCode::ScaleRefused, reply.quote(answer.msg.as_deref().unwrap_or_default()))
        );
    }
    Ok(Capacity {
        requested_nodes: nodes,
        clamped: nodes != order.desired_nodes,
        request_id: answer.request_id,
        expires_at: answer.expires_at,
        ..nothing_asked()
    })
}

fn nothing_asked() -> Capacity {
    Capacity {
        available_nodes: 0,
        requested_nodes: 0,
        clamped: false,
        ready: false,
        request_id: None,
        expires_at: None,
        cost_micro_usd: None,
    }
}
