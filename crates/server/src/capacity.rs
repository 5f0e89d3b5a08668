//! From an order of nodes to a grant: the limits, the money, and the answer in both APIs.
//!
//! Always holds: what is granted lies within the limits and could be paid when it was granted; an order
//! that leads to nothing is refused with the reason and what would do, never queued; a release is never
//! refused.

use http::StatusCode;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_api::status::{Block, CapacityOrder, CapacityRequest, Grant};
use sliderule_api::{ErrorCode, MicroUsd, OrganizationName, RequestId, UserName};
use sliderule_provisioning::cluster::{Cluster, Moment, Terms};
use sliderule_provisioning::{describe, money};
use uuid::Uuid;

use crate::app::App;
use crate::config::TimeToLive;
use crate::http::{Member, Refusal};
use crate::instants;
use crate::store::{Earlier, NewRequest, Placed};

/// When an order shall end.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// So many seconds from now, within the operator's limits.
    Seconds(u64),
    /// At that instant.
    At(Moment),
}

/// An order that was granted.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Whether the request is new; otherwise an identical live one counts.
    pub is_new: bool,
    id: RequestId,
    organization: OrganizationName,
    asked: u32,
    nodes: u32,
    expires_at: Moment,
    cost: MicroUsd,
    was_asleep: bool,
}

/// Places an order for a member.
///
/// # Errors
/// The time to live is outside the limits, the cluster is blocked, or the money does not cover it.
pub async fn place(
    app: &App,
    member: &Member,
    asked: u32,
    end: End,
    key: Option<(&str, &CapacityOrder)>,
) -> Result<Placement, Refusal> {
    let now = app.clock.now();
    let cluster = app.cluster(&member.organization).await?;
    let limits = cluster.limits;
    let mut placement = Placement {
        is_new: true,
        id: new_id()?,
        organization: member.organization.clone(),
        asked,
        nodes: 0,
        expires_at: now,
        cost: MicroUsd::ZERO,
        was_asleep: cluster.nodes.is_empty(),
    };
    if asked > 0 {
        placement.nodes = asked.clamp(limits.min_nodes.max(1), limits.max_nodes.max(1));
        placement.expires_at = expiry(app, now, end)?;
    }
    let mut new = NewRequest {
        id: placement.id.clone(),
        organization: member.organization.clone(),
        user_id: member.claims.user_id,
        nodes: placement.nodes,
        expires_at: placement.expires_at,
        at: now,
        cost: placement.cost,
        key: key.map(|(key, order)| (key.to_owned(), text(order))),
    };
    // An identical live request is paid for already, whatever became of the balance since.
    let repeated = if asked > 0 { app.db.repeat_request(&new).await? } else { None };
    let placed = match repeated {
        Some(placed) => placed,
        None => {
            if asked > 0 {
                refuse_blocked(&cluster, now, app.config.terms())?;
                placement.cost = afford(app, &cluster, &placement, now)?;
                new.cost = placement.cost;
            }
            app.db.place_request(&new).await?
        }
    };
    match placed {
        Placed::New(_) => app.wake(&member.organization),
        Placed::Redundant { id, cost } => placement = Placement { is_new: false, id, cost, ..placement },
        Placed::KeyUsed => {
            return Err(Refusal::throttled("an order with this Idempotency-Key is under way; ask again", 1));
        }
    }
    Ok(placement)
}

/// The grant that was given for this key before, if any.
///
/// # Errors
/// The key was used for another order.
pub async fn replay(
    app: &App,
    member: &Member,
    key: &str,
    order: &CapacityOrder,
) -> Result<Option<Grant>, Refusal> {
    let earlier = app.db.request_by_key(&member.organization, member.claims.user_id, key).await?;
    let Some(Earlier { request, order_text, cost }) = earlier else { return Ok(None) };
    if order_text != text(order) {
        let message = "this Idempotency-Key was used for another order; take a new key for a new order";
        return Err(Refusal::new(StatusCode::CONFLICT, ErrorCode::InvalidArgument, message));
    }
    Ok(Some(Grant {
        clamped: request.nodes != order.nodes,
        request: CapacityRequest {
            id: request.id,
            user: request.user,
            nodes: request.nodes,
            expires_at: instants::rfc3339(request.expires_at),
        },
        cost_micro_usd: cost,
    }))
}

impl Placement {
    /// The answer of the organization-token API.
    #[must_use]
    pub fn answer(&self) -> CapacityAnswer {
        let Self { organization, id, nodes, .. } = self;
        let expires_at = instants::rfc3339(self.expires_at);
        let doing = if self.was_asleep && *nodes > 0 { "Deploying" } else { "Updating" };
        let how = if self.is_new {
            "created and queued capacity request"
        } else {
            "using identical queued capacity request"
        };
        CapacityAnswer {
            status: if self.is_new { "QUEUED" } else { "REDUNDANT" }.to_owned(),
            msg: format!(
                "{doing} {organization} cluster: {how} {id} for {nodes} nodes until {}",
                expires_at.0
            ),
            error_msg: String::new(),
            request_id: Some(id.clone()),
            granted_nodes: Some(*nodes),
            expires_at: Some(expires_at),
        }
    }

    /// The answer of our own API.
    #[must_use]
    pub fn grant(&self, user: &UserName) -> Grant {
        Grant {
            clamped: self.nodes != self.asked,
            request: CapacityRequest {
                id: self.id.clone(),
                user: user.clone(),
                nodes: self.nodes,
                expires_at: instants::rfc3339(self.expires_at),
            },
            cost_micro_usd: self.cost,
        }
    }
}

/// When an order ends: whole seconds, as the original has them and clients compare them.
fn expiry(app: &App, now: Moment, end: End) -> Result<Moment, Refusal> {
    let seconds = match end {
        End::At(moment) => return Ok(moment),
        End::Seconds(seconds) => seconds,
    };
    let TimeToLive { min_minutes, max_minutes } = app.config.time_to_live;
    let (least, most) = (min_minutes.saturating_mul(60), max_minutes.saturating_mul(60));
    if !(least..=most).contains(&seconds) {
        return Err(Refusal::bad_request(format!(
            "the time to live must be from {min_minutes} to {max_minutes} minutes ({least} to {most} seconds)"
        )));
    }
    let end = instants::seconds(now).saturating_add(seconds);
    Ok(Moment(i64::try_from(end).unwrap_or(i64::MAX).saturating_mul(1000)))
}

/// An order that would change nothing is not queued. Whether there is money is for [`afford`] to say,
/// which knows how much would do.
fn refuse_blocked(cluster: &Cluster, now: Moment, terms: Terms) -> Result<(), Refusal> {
    let description = describe::describe(cluster, now, terms);
    let status = match description.sizing.blocked {
        None | Some(Block::OutOfFunds) => return Ok(()),
        Some(Block::Suspended) => StatusCode::FORBIDDEN,
        Some(Block::Paused) => StatusCode::CONFLICT,
        Some(Block::Protected) => StatusCode::SERVICE_UNAVAILABLE,
    };
    Err(Refusal::new(status, description.code, description.message))
}

/// What the order may cost at most, if the balance covers it.
fn afford(app: &App, cluster: &Cluster, placement: &Placement, now: Moment) -> Result<MicroUsd, Refusal> {
    let lifetime = placement.expires_at.since(now);
    let cost = |nodes| money::request_cost(cluster.node_hour, nodes, lifetime, app.config.terms());
    let wanted = cost(placement.nodes);
    if wanted <= cluster.balance {
        return Ok(wanted);
    }
    let instead = match covered(cluster.balance, cost(1)) {
        Some(nodes @ 1..) => format!("it covers {nodes} nodes for that long"),
        _ => "it does not even cover one node for that long; ask for less time, or an owner for credit"
            .to_owned(),
    };
    Err(Refusal::new(
        StatusCode::PAYMENT_REQUIRED,
        ErrorCode::InsufficientFunds,
        format!(
            "The balance of {} does not cover {} nodes for {} minutes, which may cost {wanted}; {instead}",
            cluster.balance,
            placement.nodes,
            lifetime.as_secs().div_ceil(60),
        ),
    ))
}

/// How many nodes the balance covers, where each costs as much as the others; `None` if nothing can be said.
fn covered(balance: MicroUsd, one: MicroUsd) -> Option<u32> {
    let nodes = balance.0.max(0).checked_div(one.0)?;
    Some(u32::try_from(nodes).unwrap_or(u32::MAX))
}

/// An order as it is kept beside its key.
fn text(order: &CapacityOrder) -> String {
    format!("{} nodes for {} s", order.nodes, order.time_to_live_seconds)
}

fn new_id() -> Result<RequestId, Refusal> {
    Uuid::now_v7().to_string().parse().map_err(|_| Refusal::internal())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sliderule_api::MicroUsd;
    use sliderule_provisioning::cluster::Terms;
    use sliderule_provisioning::money;

    use super::covered;

    #[test]
    fn what_the_balance_covers_is_the_most_that_can_be_paid() {
        let day = Duration::from_secs(24 * 3600);
        for (balance, price) in [(1_000_000, 226_000), (50_000_000_000, 1), (999, 226_000), (226_000, 1)] {
            let cost = |nodes| money::request_cost(MicroUsd(price), nodes, day, Terms::LOCAL);
            let nodes = covered(MicroUsd(balance), cost(1)).unwrap();
            assert!(cost(nodes) <= MicroUsd(balance), "{balance} {price}");
            assert!(cost(nodes + 1) > MicroUsd(balance), "{balance} {price}");
        }
    }

    #[test]
    fn debts_cover_nothing_and_what_is_free_cannot_be_counted() {
        assert_eq!(covered(MicroUsd(-5), MicroUsd(1)), Some(0));
        assert_eq!(covered(MicroUsd(5), MicroUsd::ZERO), None);
        assert_eq!(covered(MicroUsd(i64::MAX), MicroUsd(1)), Some(u32::MAX));
    }
}
