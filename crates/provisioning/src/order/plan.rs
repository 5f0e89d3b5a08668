//! What an order would do, before it is known whether the money allows it.

use sliderule_api::{MicroUsd, RequestId};

use super::{Order, Refusal, Wish, close};
use crate::change::Change;
use crate::cluster::{Cluster, Limits, Request};
use crate::demand::Demand;
use crate::time::Moment;

/// What becomes of the request that an order is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It is placed.
    New,
    /// It is there already.
    Same,
    /// It has another size or end.
    Altered,
    /// It ends, or all that the user has.
    Released,
}

/// An order, carried out on paper.
pub(super) struct Plan {
    /// What becomes of the request.
    pub kind: Kind,
    /// The request afterwards; of 0 nodes if it is released.
    pub request: Request,
    /// Nodes asked for, before clamping.
    pub asked: u32,
    /// The cluster afterwards.
    pub after: Cluster,
    /// The requests that end with it: what expired, and what is replaced or released.
    closed: Vec<Change>,
}

impl Plan {
    /// What `order` would do.
    ///
    /// # Errors
    /// Why it cannot be done, whatever it costs.
    pub(super) fn of(cluster: &Cluster, order: &Order, now: Moment) -> Result<Self, Refusal> {
        let is_mine = |request: &Request| request.user == order.user && now < request.expires_at;
        let (kind, asked, request, keep_others) = match &order.wish {
            Wish::Place { id, nodes: 0, .. } => (Kind::Released, 0, nothing(id, order, now), false),
            Wish::Place { id, nodes, until, replace } => {
                let granted = clamped(*nodes, &cluster.limits);
                // Who names an order by a key can release what it led to, and takes nothing from another program of the
                // same user then.
                let same = |held: &&Request| {
                    order.key.is_none() && is_mine(held) && held.nodes == granted && held.expires_at == *until
                };
                let (kind, request) = match cluster.requests.iter().find(same) {
                    Some(held) => (Kind::Same, held.clone()),
                    None => {
                        (Kind::New, Request { nodes: granted, expires_at: *until, ..nothing(id, order, now) })
                    }
                };
                (kind, *nodes, request, !replace)
            }
            Wish::Alter { id, nodes, until, shorten } => {
                let held = cluster.requests.iter().find(|held| is_mine(held) && held.id == *id);
                let held = held.ok_or(Refusal::UnknownRequest)?;
                match nodes {
                    Some(0) => (Kind::Released, 0, nothing(id, order, now), true),
                    _ => {
                        let (kind, request) = altered(held, *nodes, *until, *shorten, &cluster.limits, now)?;
                        (kind, nodes.unwrap_or(held.nodes), request, true)
                    }
                }
            }
        };
        let is_over = |held: &Request| {
            held.expires_at <= now
                || is_mine(held) && held.id != request.id && !keep_others
                || held.id == request.id && kind == Kind::Released
        };
        let mut after = cluster.clone();
        let (over, kept): (Vec<Request>, Vec<Request>) = after.requests.into_iter().partition(is_over);
        after.requests = kept;
        match kind {
            Kind::New => after.requests.push(request.clone()),
            Kind::Altered => {
                let of_that_id = after.requests.iter_mut().filter(|held| held.id == request.id);
                of_that_id.for_each(|held| held.clone_from(&request));
            }
            Kind::Same | Kind::Released => {}
        }
        after.requests.sort_by(|a, b| (a.expires_at, &a.id).cmp(&(b.expires_at, &b.id)));
        let closed = over.iter().map(|held| close(held, now)).collect();
        Ok(Self { kind, request, asked, after, closed })
    }

    /// Whether the user has no more afterwards than before at any instant, and meant that: such an order is carried
    /// out whatever keeps the cluster from running.
    pub(super) fn only_saves(&self, before: &Cluster, order: &Order, now: Moment) -> bool {
        let meant = match order.wish {
            Wish::Place { nodes, replace, .. } => replace || nodes == 0,
            Wish::Alter { .. } => true,
        };
        let demand = |cluster: &Cluster| {
            let mine = cluster.requests.iter().filter(|request| request.user == order.user);
            Demand::of(&mine.cloned().collect::<Vec<_>>(), u32::MAX, now)
        };
        let held = demand(before);
        let no_more = |(_, until, wanted): (Moment, Moment, u32)| {
            let fewer = usize::try_from(wanted).unwrap_or(usize::MAX).saturating_sub(1);
            held.wants_more_than(fewer).is_some_and(|end| end >= until)
        };
        meant && demand(&self.after).steps().all(no_more)
    }

    /// What to record, if the order is granted at that cost.
    pub(super) fn changes(self, order: &Order, cost: MicroUsd) -> Vec<Change> {
        let Self { kind, request, closed: mut changes, .. } = self;
        let id = request.id.clone();
        match kind {
            Kind::New => changes.push(Change::Place { request, cost }),
            Kind::Altered => changes.push(Change::Alter {
                id: request.id,
                nodes: request.nodes,
                created_at: request.created_at,
                expires_at: request.expires_at,
            }),
            Kind::Same | Kind::Released => {}
        }
        let names_a_request = kind != Kind::Released || matches!(order.wish, Wish::Alter { .. });
        if let Some((key, text)) = order.key.clone().filter(|_| names_a_request) {
            changes.push(Change::Keyed { user: order.user.clone(), key, order: text, request: id });
        }
        changes
    }
}

/// Nodes within what the owner allows: no fewer than the minimum, no more than the maximum and the limit per user.
/// At least 1, since owners cannot set a limit of 0.
pub(super) fn clamped(nodes: u32, limits: &Limits) -> u32 {
    let most = limits.per_user.unwrap_or(u32::MAX).min(limits.max_nodes);
    nodes.max(limits.min_nodes).min(most).max(1)
}

/// A request for nothing, that ends now.
fn nothing(id: &RequestId, order: &Order, now: Moment) -> Request {
    Request { id: id.clone(), user: order.user.clone(), nodes: 0, created_at: now, expires_at: now }
}

/// `held` as it is wanted. What is larger or longer than before counts as placed now.
fn altered(
    held: &Request,
    nodes: Option<u32>,
    until: Option<Moment>,
    shorten: bool,
    limits: &Limits,
    now: Moment,
) -> Result<(Kind, Request), Refusal> {
    // Who asks for no more gets no more, whatever the owner keeps by now.
    let most = |nodes| if nodes <= held.nodes { held.nodes } else { u32::MAX };
    let nodes = nodes.map_or(held.nodes, |nodes| clamped(nodes, limits).min(most(nodes)));
    let until = until.unwrap_or(held.expires_at);
    if until < held.expires_at && !shorten {
        return Err(Refusal::WouldShorten { until: held.expires_at });
    }
    if (nodes, until) == (held.nodes, held.expires_at) {
        return Ok((Kind::Same, held.clone()));
    }
    let is_more = nodes > held.nodes || until > held.expires_at;
    let created_at = if is_more { now } else { held.created_at };
    Ok((Kind::Altered, Request { nodes, created_at, expires_at: until, ..held.clone() }))
}
