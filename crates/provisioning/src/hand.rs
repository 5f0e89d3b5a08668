//! What owners and operators do by hand.
//!
//! None of it touches a node: it changes what is wanted, allowed or owned, and the next look at the cluster does the
//! rest. What changes nothing is not recorded, and nobody is told of it.

use sliderule_api::{MicroUsd, ReleaseVersion, UserName};

use crate::account::{Allowance, Entry, Posting, Prices};
use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, Limits};
use crate::grains::Grains;
use crate::order::{self, Grant, Order, Refusal};
use crate::promise::books;
use crate::step::{Policy, Step};
use crate::time::{Moment, Terms};
use crate::warnings;

#[cfg(test)]
mod tests;

/// Releases all requests and keeps the cluster from running until it is deployed again. The answer is how many
/// requests were released. Never refused; repeating it changes nothing.
#[must_use]
pub fn destroy(cluster: &Cluster, by: Option<&UserName>, now: Moment) -> Step<u32> {
    let mut changes = order::close_all(cluster, now);
    let released = cluster.requests.iter().filter(|request| now < request.expires_at).count();
    if !cluster.paused {
        changes.push(Change::Paused(true));
    }
    if released > 0 || !cluster.paused {
        let message = format!(
            "{} destroyed the cluster of {}. Requests released: {released}. It stays off until an owner deploys it again.",
            who(by),
            cluster.organization
        );
        changes.push(by_hand("destroyed", message, now));
    }
    step(changes, u32::try_from(released).unwrap_or(u32::MAX))
}

/// Lets a destroyed cluster run again, and places an order like any other. If the order is refused, nothing changes.
/// For a cluster that nobody destroyed it is the order and nothing else.
///
/// # Errors
/// Why the order is refused.
pub fn deploy(
    cluster: &Cluster,
    order: &Order,
    now: Moment,
    policy: &Policy,
) -> Result<Step<Grant>, Refusal> {
    if !cluster.paused {
        return order::order(cluster, order, now, policy);
    }
    let deployed = Cluster { paused: false, ..cluster.clone() };
    let mut step = order::order(&deployed, order, now, policy)?;
    let message = format!("{} deployed the cluster of {} again.", order.user, cluster.organization);
    step.changes.insert(0, Change::Paused(false));
    step.changes.push(by_hand("deployed", message, now));
    Ok(step)
}

/// Forgives failed boots, so that a protected cluster tries again at once.
#[must_use]
pub fn refresh(cluster: &Cluster, by: Option<&UserName>, now: Moment) -> Step {
    let mut changes = Vec::new();
    if cluster.failed_boots > 0 {
        // The round that counted last stays, so that none of its nodes counts again.
        changes.push(Change::FailedBoots { rounds: 0, latest: cluster.failed_round });
    }
    if cluster.trouble.is_some() {
        changes.push(Change::Trouble(None));
    }
    if !changes.is_empty() {
        let message = format!(
            "{} refreshed the cluster of {}; its nodes are started again.",
            who(by),
            cluster.organization
        );
        changes.push(by_hand("refreshed", message, now));
    }
    step(changes, ())
}

/// Gives money, once under its key. Whoever reads the amount sees to it that it is positive; a ledger takes no other.
#[must_use]
pub fn credit(cluster: &Cluster, amount: MicroUsd, key: &str, note: &str, now: Moment) -> Step {
    let message = format!("{} was credited {amount}: {note}.", cluster.organization);
    let notice =
        Notice { at: now, key: format!("credited-{key}"), kind: NoticeKind::Credited, user: None, message };
    let entered = enter(Posting::Credit { amount }, key, note, now);
    let mut credited = cluster.clone();
    // What the ledger refuses changes nothing; whoever records the step is told.
    let _ = credited.apply(&entered);
    let mut changes = vec![entered, Change::Notify(notice)];
    changes.extend(warnings::standing(&credited, &cluster.account.warned));
    step(changes, ())
}

/// Corrects the balance by a signed amount, once under its key: a corrected bill, or a credit withdrawn. Where that
/// leaves promises without money, the next look at the cluster shortens requests.
#[must_use]
pub fn adjust(cluster: &Cluster, amount: MicroUsd, key: &str, note: &str, now: Moment) -> Step {
    if amount == MicroUsd::ZERO {
        return step(Vec::new(), ());
    }
    let message = format!("The balance of {} was corrected by {amount}: {note}.", cluster.organization);
    let notice =
        Notice { at: now, key: format!("adjusted-{key}"), kind: NoticeKind::ByHand, user: None, message };
    step(vec![enter(Posting::Adjust { amount }, key, note, now), Change::Notify(notice)], ())
}

/// What an operator or owner sets. `None` leaves a thing as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether the organization is suspended.
    pub suspended: Option<bool>,
    /// The operator's cap. Limits of the owner's that are above it come down to it.
    pub node_cap: Option<u32>,
    /// The owner's limits. Whoever reads them (the API handler, the operator's command) sees to it that the minimum is no
    /// more than the maximum, and that neither the maximum nor the limit per user is 0. Where they are not so, the
    /// maximum wins.
    pub limits: Option<Limits>,
    /// The release its nodes shall run.
    pub version: Option<ReleaseVersion>,
    /// The prices. What is held keeps its rate; new ones count from the next renewal, and for promises at once.
    pub prices: Option<Prices>,
    /// The monthly credit.
    pub allowance: Option<Allowance>,
}

/// The money that is missing for such limits: a higher maximum makes what was cut to the old one count, and that must be
/// paid to its end. Zero where nothing is missing.
#[must_use]
pub fn lacking(cluster: &Cluster, limits: Limits, now: Moment, terms: Terms) -> MicroUsd {
    let limited = Cluster { limits, ..cluster.clone() };
    let (before, free) = (books(cluster, now, terms).free(), books(&limited, now, terms).free());
    if free < before { (Grains::ZERO - free).ceil().max(MicroUsd::ZERO) } else { MicroUsd::ZERO }
}

/// Limits that are no more than the operator's cap.
fn within(limits: Limits, cap: u32) -> Limits {
    let Limits { min_nodes, max_nodes, per_user } = limits;
    Limits { min_nodes: min_nodes.min(cap), max_nodes: max_nodes.min(cap), per_user }
}

/// Lets a destroyed cluster run again, without asking for any nodes.
#[must_use]
pub fn unpause(cluster: &Cluster, by: Option<&UserName>, now: Moment) -> Step {
    if !cluster.paused {
        return step(Vec::new(), ());
    }
    let message = format!(
        "{} switched the cluster of {} on again; it wakes when nodes are wanted.",
        who(by),
        cluster.organization
    );
    step(vec![Change::Paused(false), by_hand("unpaused", message, now)], ())
}

/// Sets what is set. Limits for which money is [`lacking`] are for the caller to refuse; set all the same, they shorten
/// the newest requests.
#[must_use]
pub fn set(cluster: &Cluster, settings: &Settings, now: Moment) -> Step {
    let organization = &cluster.organization;
    let mut changes = Vec::new();
    if let Some(suspended) = settings.suspended.filter(|&suspended| suspended != cluster.suspended) {
        changes.push(Change::Suspended(suspended));
        let (key, message) = if suspended {
            ("suspended", format!("The operator suspended {organization}; its nodes end."))
        } else {
            ("resumed", format!("The operator lifted the suspension of {organization}."))
        };
        changes.push(by_hand(key, message, now));
    }
    changes.extend(settings.node_cap.filter(|&cap| cap != cluster.node_cap).map(Change::Cap));
    let cap = settings.node_cap.unwrap_or(cluster.node_cap);
    let limits = within(settings.limits.unwrap_or(cluster.limits), cap);
    changes.extend((limits != cluster.limits).then_some(Change::Limit(limits)));
    if let Some(version) = settings.version.filter(|&version| version != cluster.version) {
        changes.push(Change::Pin(version));
        // Another release is another try: what did not boot before neither protects the cluster nor stops the roll.
        if cluster.failed_boots > 0 {
            changes.push(Change::FailedBoots { rounds: 0, latest: cluster.failed_round });
        }
        changes.push(Change::Notify(Notice {
            at: now,
            key: format!("rolling-{}", now.0),
            kind: NoticeKind::Rolling,
            user: None,
            message: format!(
                "The nodes of {organization} are to run {version} in place of {}; they are replaced one by one.",
                cluster.version
            ),
        }));
    }
    changes.extend(settings.prices.filter(|&prices| prices != cluster.prices).map(Change::Reprice));
    let allowance = settings.allowance.filter(|&allowance| allowance != cluster.account.allowance);
    changes.extend(allowance.map(Change::Allow));
    step(changes, ())
}

/// What an owner configures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Configuration {
    /// The limits.
    pub limits: Limits,
    /// The release the nodes shall run.
    pub version: ReleaseVersion,
    /// Whether the cluster is off, as after [`destroy`].
    pub paused: bool,
}

/// Brings the cluster to what its owner configures. The other owners are told of each thing that changes.
#[must_use]
pub fn configure(cluster: &Cluster, by: &UserName, wanted: &Configuration, now: Moment) -> Step {
    let Configuration { limits, version, paused } = *wanted;
    let settings = Settings { limits: Some(limits), version: Some(version), ..Settings::default() };
    let mut changes = set(cluster, &settings, now).changes;
    if within(limits, cluster.node_cap) != cluster.limits {
        let Limits { min_nodes, max_nodes, per_user } = within(limits, cluster.node_cap);
        let per_user = per_user.map_or(String::new(), |nodes| format!(", at most {nodes} per user"));
        let message = format!(
            "{by} set the limits of {} to {min_nodes} to {max_nodes} nodes{per_user}.",
            cluster.organization
        );
        changes.push(by_hand("limited", message, now));
    }
    match (cluster.paused, paused) {
        (false, true) => changes.extend(destroy(cluster, Some(by), now).changes),
        (true, false) => changes.extend(unpause(cluster, Some(by), now).changes),
        _ => {}
    }
    step(changes, ())
}

fn enter(posting: Posting, key: &str, note: &str, now: Moment) -> Change {
    Change::Enter(Entry { at: now, key: key.to_owned(), note: note.to_owned(), posting })
}

/// Tells the owners what was done. The same thing at the same instant is told once.
fn by_hand(what: &str, message: String, now: Moment) -> Change {
    Change::Notify(Notice {
        at: now,
        key: format!("{what}-{}", now.0),
        kind: NoticeKind::ByHand,
        user: None,
        message,
    })
}

fn who(by: Option<&UserName>) -> &str {
    by.map_or("The operator", UserName::as_str)
}

fn step<A>(changes: Vec<Change>, answer: A) -> Step<A> {
    Step { changes, effects: Vec::new(), next_wake: None, answer }
}
