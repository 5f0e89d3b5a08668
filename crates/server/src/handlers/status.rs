//! `GET /api/v1/organizations/<org>/status`: what the cluster is doing, why, and for how long.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use sliderule_api::status::{Block, ClusterStatus, ReleaseTally, Share, Trouble};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::promise::books;
use sliderule_provisioning::size::BOOTS_TO_PROTECT;
use sliderule_provisioning::{arrival, describe};

use crate::app::{App, Shared};
use crate::capacity;
use crate::http::{Caller, Refusal, Segments};

/// What the cluster is doing, why, and for how long.
///
/// Everything is read in one transaction, so that its parts fit each other.
#[utoipa::path(
    get,
    path = "",
    operation_id = "cluster_status",
    tag = "Cluster",
    extensions(("x-role" = json!("member"))),
    responses((status = 200, description = "The status.", body = ClusterStatus))
)]
pub async fn get(
    State(app): State<Shared>,
    caller: Caller,
    Segments(organization): Segments<String>,
) -> Result<Json<ClusterStatus>, Refusal> {
    let member = caller.member_of(&app, &organization).await?;
    let cluster = app.cluster(&member.organization).await?;
    Ok(Json(of(&app, &cluster).await))
}

/// What `cluster` is doing now.
pub(crate) async fn of(app: &App, cluster: &Cluster) -> ClusterStatus {
    let now = app.clock.now();
    let description = describe::describe(cluster, now, app.policy.terms);
    let sizing = description.sizing;
    let is_woken = sizing.target > 0 && description.nodes.ready == 0;
    let usual = if is_woken { app.boots.usual(&app.db).await } else { None };
    let books = books(cluster, now, app.policy.terms);
    let live = cluster.requests.iter().filter(|request| request.expires_at > now && request.nodes > 0);
    let shares = sizing.explanation.shares.iter().map(|share| Share {
        user: share.user.clone(),
        nodes: share.nodes,
        until: app.utc(share.until),
    });
    ClusterStatus {
        organization: cluster.organization.clone(),
        state: description.state,
        blocked: sizing.blocked,
        message: description.message,
        nodes: description.nodes,
        target_nodes: sizing.target,
        min_nodes: cluster.limits.min_nodes,
        max_nodes: cluster.limits.max_nodes,
        version: cluster.version.to_string(),
        is_public: cluster.is_public,
        requests: live.map(|request| capacity::shown_request(app, request)).collect(),
        balance_micro_usd: cluster.account.balance,
        demand_nodes: sizing.demand,
        explanation: sizing.explanation.to_string(),
        shares: shares.collect(),
        next_change_at: sizing.next_change.map(|at| app.utc(at)),
        runway: Some(capacity::lasting(app, cluster, now)),
        reserved_micro_usd: books.held.ceil(),
        promised_micro_usd: books.promised.ceil(),
        free_micro_usd: books.free().floor(),
        failed_boots: cluster.failed_boots,
        trouble: trouble(app, cluster, sizing.blocked),
        releases: releases(cluster),
        ready_in_seconds: arrival::expected(cluster, sizing.target, usual, now).map(|left| left.as_secs()),
    }
}

fn trouble(app: &App, cluster: &Cluster, blocked: Option<Block>) -> Option<Trouble> {
    let trouble = cluster.trouble.as_ref()?;
    let next = match (blocked, cluster.failed_boots) {
        (Some(Block::Protected), _) => {
            "no further node is started until the cause is repaired and an owner or manager refreshes the cluster".to_owned()
        }
        (Some(_), _) => "nothing is started as long as the cluster is blocked".to_owned(),
        (None, 0) => "it is tried again".to_owned(),
        (None, failed) => {
            format!("it is tried again; {failed} of {BOOTS_TO_PROTECT} failures in a row, after which it is given up")
        }
    };
    Some(Trouble { at: app.utc(trouble.at), what: trouble.what.clone(), next })
}

fn releases(cluster: &Cluster) -> Vec<ReleaseTally> {
    let mut tally = BTreeMap::new();
    for node in &cluster.nodes {
        *tally.entry(node.version).or_insert(0) += 1;
    }
    tally.into_iter().map(|(version, nodes)| ReleaseTally { version: version.to_string(), nodes }).collect()
}
