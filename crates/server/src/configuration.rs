//! What an owner configures: from a cluster to what the API shows, and from what an owner sends to a decision.
//!
//! The old API and ours come to the same rules and the same words, which existing clients look for at the beginning
//! of a refusal.

use http::StatusCode;
use sliderule_api::configuration::Configuration;
use sliderule_api::{ErrorCode, MicroUsd, UserName};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::hand;
use sliderule_provisioning::step::Step;
use sliderule_provisioning::time::{Moment, Terms};

use crate::app::App;
use crate::http::etag::{For, Tagged};
use crate::http::{Member, Origin, Refusal};

/// A cluster's configuration.
#[must_use]
pub fn of(cluster: &Cluster) -> Configuration {
    let Limits { min_nodes, max_nodes, per_user } = cluster.limits;
    let Cluster { version, paused, node_cap, .. } = *cluster;
    Configuration { min_nodes, max_nodes, per_user, version, paused, node_cap }
}

/// Changes a configuration that is the one meant, in one transaction with that question. The answer is the new one.
///
/// # Errors
/// 412 if it is another one by now; or why the new one cannot be.
pub async fn change(
    app: &App,
    member: &Member,
    origin: &Origin,
    meant: &For,
    new: impl Fn(Configuration) -> Configuration + Send + Sync,
) -> Result<Configuration, Refusal> {
    let decided = |cluster: &Cluster, now: Moment| {
        let present = of(cluster);
        meant.check(&Tagged::of(&present))?;
        decide(cluster, &member.claims.user_name, &new(present), now, app.policy.terms)
    };
    let tell = |configured: &Configuration| {
        member.deed(origin, "cluster.configured", serde_json::to_string(configured).unwrap_or_default())
    };
    app.decide_audited(&member.organization, decided, tell).await
}

/// Decides on a new configuration.
///
/// # Errors
/// Why it cannot be.
fn decide(
    cluster: &Cluster,
    by: &UserName,
    new: &Configuration,
    now: Moment,
    terms: Terms,
) -> Result<Step<Configuration>, Refusal> {
    let Configuration { min_nodes, max_nodes, per_user, version, paused, node_cap } = *new;
    if node_cap != cluster.node_cap {
        return Err(Refusal::bad_request("only the operator changes node_cap; send it as it is"));
    }
    if !(1..=node_cap).contains(&max_nodes) {
        return Err(Refusal::bad_request(format!(
            "INVALID max_nodes: {max_nodes} is not from 1 to {node_cap}; ask the operator for a higher node_cap"
        )));
    }
    if min_nodes > max_nodes {
        return Err(Refusal::bad_request(format!(
            "INVALID min_nodes: {min_nodes} is not from 0 to max_nodes, which is {max_nodes}"
        )));
    }
    if per_user == Some(0) {
        return Err(Refusal::bad_request(
            "INVALID per_user: 0 lets nobody ask for nodes; null is for no limit",
        ));
    }
    let limits = Limits { min_nodes, max_nodes, per_user };
    let missing = hand::lacking(cluster, limits, now, terms);
    if missing > MicroUsd::ZERO && !paused {
        let message = format!(
            "INVALID max_nodes: with {max_nodes} nodes, live requests would cost {missing} more than there is; ask \
             for credit first, or wait until requests end"
        );
        return Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, ErrorCode::InsufficientFunds, message));
    }
    let Step { changes, effects, next_wake, .. } =
        hand::configure(cluster, by, &hand::Configuration { limits, version, paused }, now);
    Ok(Step { changes, effects, next_wake, answer: new.clone() })
}
