//! Orders of nodes: what is granted, what it costs, and what would fit where it is refused.
//!
//! An order is granted if free money with it is at least 0, or no less than without it: what saves is never refused,
//! and an order for what the user has already costs nothing. What keeps the cluster from running refuses all
//! but what saves; lack of money alone is measured by the order.
//!
//! Always holds: after a grant free money is at least 0, or no less than before; a refused order changes nothing; and
//! an estimate is the answer to the order itself.

use sliderule_api::status::Block;
use sliderule_api::{MicroUsd, RequestId, UserName};

use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, Request};
use crate::describe::describe;
use crate::grains::Grains;
use crate::promise::books;
use crate::runway::{Runway, runway};
use crate::size::{Sizing, block, size};
use crate::step::{Policy, Step};
use crate::time::Moment;
use plan::{Kind, Plan};

mod fits;
mod plan;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

/// What a user wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Who.
    pub user: UserName,
    /// What.
    pub wish: Wish,
    /// The caller's idempotency key, with the order as text. It is kept with the request that the order led to; an
    /// order that places nothing leaves no key, and can be repeated without harm. An order that has one is the same as
    /// another only by its key, one that has none by what it asks for.
    pub key: Option<(String, String)>,
}

/// What is wanted of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// So many nodes until then; 0 releases all that the user has.
    Place {
        /// Names the request, unless the order has no key and an identical live request counts in its place.
        id: RequestId,
        /// Nodes wanted, before they are raised to the minimum and cut to the maximum and the limit per user.
        nodes: u32,
        /// Until when. Whoever reads the order sees to it that this lies ahead; what is over already never counts.
        until: Moment,
        /// Whether it takes the place of all that the user has.
        replace: bool,
    },
    /// The user's request of that id shall be larger, smaller, longer or (only where that is said) shorter.
    Alter {
        /// Which.
        id: RequestId,
        /// Its nodes from now on; 0 releases it.
        nodes: Option<u32>,
        /// Its end from now on.
        until: Option<Moment>,
        /// Whether the end may be earlier than it is.
        shorten: bool,
    },
}

/// What was granted, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The request, after clamping. Of 0 nodes, and over now, where the order released what the user had; it is not
    /// stored then.
    pub request: Request,
    /// Nodes asked for, before clamping.
    pub asked: u32,
    /// Whether the request is new; otherwise an identical live one counts, or it was altered.
    pub is_new: bool,
    /// What it may cost at most beyond what was promised before, rounded up.
    pub cost: MicroUsd,
    /// Whether the cluster had no node.
    pub was_asleep: bool,
    /// Size and explanation with the order granted.
    pub sizing: Sizing,
    /// How long the money lasts at the size with the order granted.
    pub runway: Runway,
}

/// Why an order is refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Something keeps the cluster from running; what, and a sentence.
    Blocked(Block, String),
    /// Free money does not cover it.
    InsufficientFunds {
        /// Why, and what would fit, as sentences.
        message: String,
        /// What would fit: nodes, and for how many minutes.
        fits: Vec<(u32, u32)>,
        /// What the order would have cost.
        cost: MicroUsd,
        /// What is free.
        free: MicroUsd,
    },
    /// The user has no open request of that id.
    UnknownRequest,
    /// The end would be earlier than it is, and nobody said that it may.
    WouldShorten {
        /// The end as it is.
        until: Moment,
    },
}

/// Decides an order.
///
/// # Errors
/// Why it is refused.
pub fn order(cluster: &Cluster, order: &Order, now: Moment, policy: &Policy) -> Result<Step<Grant>, Refusal> {
    let plan = Plan::of(cluster, order, now)?;
    if let Some(block) = block(&plan.after, now, policy.terms).filter(|&block| block != Block::OutOfFunds)
        && !plan.only_saves(cluster, order, now)
    {
        return Err(Refusal::Blocked(block, describe(&plan.after, now, policy.terms).message));
    }
    let bill = Bill {
        before: books(cluster, now, policy.terms).free(),
        after: books(&plan.after, now, policy.terms).free(),
    };
    if !bill.is_covered() {
        return Err(fits::refuse(cluster, order, &plan, bill, now, policy));
    }
    let sizing = size(&plan.after, now, policy.terms);
    let answer = Grant {
        request: plan.request.clone(),
        asked: plan.asked,
        is_new: plan.kind == Kind::New,
        cost: bill.cost(),
        was_asleep: cluster.nodes.is_empty(),
        runway: runway(&plan.after, sizing.target, now, policy),
        sizing,
    };
    let next_wake = answer.sizing.next_change;
    Ok(Step { changes: plan.changes(order, answer.cost), effects: Vec::new(), next_wake, answer })
}

/// What an order would be answered, without asking.
///
/// # Errors
/// Why it would be refused.
pub fn estimate(cluster: &Cluster, wanted: &Order, now: Moment, policy: &Policy) -> Result<Grant, Refusal> {
    order(cluster, wanted, now, policy).map(|step| step.answer)
}

/// What is free without an order and with it.
#[derive(Clone, Copy)]
struct Bill {
    before: Grains,
    after: Grains,
}

impl Bill {
    /// Whether the money allows it.
    fn is_covered(self) -> bool {
        self.after >= Grains::ZERO || self.after >= self.before
    }

    fn cost(self) -> MicroUsd {
        (self.before - self.after).ceil().max(MicroUsd::ZERO)
    }
}

/// Closes requests: those of `user`, or everybody's; only the one of that id, or all. The answer is how many. Never
/// refused, and repeating it changes nothing.
#[must_use]
pub fn release(cluster: &Cluster, user: Option<&UserName>, id: Option<&RequestId>, now: Moment) -> Step<u32> {
    let asked_for = |request: &&Request| {
        user.is_none_or(|user| request.user == *user) && id.is_none_or(|id| request.id == *id)
    };
    let closed: Vec<&Request> = cluster.requests.iter().filter(asked_for).collect();
    let live = closed.iter().filter(|request| now < request.expires_at).count();
    let mut changes: Vec<Change> = closed.into_iter().map(|request| close(request, now)).collect();
    if user.is_none() && live > 0 {
        changes.push(Change::Notify(Notice {
            at: now,
            key: format!("released-{}", now.0),
            kind: NoticeKind::ByHand,
            user: None,
            message: format!(
                "All requests for nodes of {} were released by hand: {live}.",
                cluster.organization
            ),
        }));
    }
    let answer = u32::try_from(live).unwrap_or(u32::MAX);
    Step { changes, effects: Vec::new(), next_wake: None, answer }
}

/// Closes every request, what expired among them.
pub(crate) fn close_all(cluster: &Cluster, now: Moment) -> Vec<Change> {
    cluster.requests.iter().map(|request| close(request, now)).collect()
}

/// A request no longer counts from now on, or from its end if that has passed.
fn close(request: &Request, now: Moment) -> Change {
    Change::Close { id: request.id.clone(), at: request.expires_at.min(now) }
}
