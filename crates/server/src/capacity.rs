//! From an order of nodes to an answer: what the domain granted or refused, in the words of both APIs.
//!
//! Nothing is decided here but what only a server knows: how long a request may live, and what an idempotency
//! key stood for before. The rest is `order` of the domain, in one transaction with the cluster it is about.

use http::StatusCode;
use sliderule_api::capacity::CapacityAnswer;
use sliderule_api::status::{self, Block, CapacityRequest, Estimate, Fit, RequestRecord};
use sliderule_api::{ErrorCode, RequestId};
use sliderule_provisioning::cluster::{Cluster, Request};
use sliderule_provisioning::order::{self, Grant, Order, Wish};
use sliderule_provisioning::promise::books;
use sliderule_provisioning::runway::{Runway, runway};
use sliderule_provisioning::size::size;
use sliderule_provisioning::step::{Policy, Step};
use sliderule_provisioning::time::Moment;
use uuid::Uuid;

use crate::app::App;
use crate::config::TimeToLive;
use crate::http::{Member, Origin, Refusal};
use crate::instants;
use crate::store::{Earlier, Record};

/// A decision of the domain about an order.
type Decision = fn(&Cluster, &Order, Moment, &Policy) -> Result<Step<Grant>, order::Refusal>;

/// Decides a wish of a member, and records what is granted.
///
/// # Errors
/// Why it is refused, and what would do.
pub async fn order(
    app: &App,
    member: &Member,
    wish: Wish,
    key: Option<(String, String)>,
) -> Result<Grant, Refusal> {
    let order = Order { user: member.claims.user_name.clone(), wish, key };
    app.decide(&member.organization, |cluster, now| decided(app, cluster, &order, now, order::order)).await
}

/// What the order would be granted now. Nothing is recorded.
///
/// # Errors
/// Why it would be refused, as the order itself would be.
pub async fn estimate(app: &App, member: &Member, wish: Wish) -> Result<Estimate, Refusal> {
    let order = Order { user: member.claims.user_name.clone(), wish, key: None };
    let (cluster, now) = (app.cluster(&member.organization).await?, app.clock.now());
    let grant = order::estimate(&cluster, &order, now, &app.policy);
    let grant = grant.map_err(|refusal| refused(app, &cluster, now, refusal))?;
    Ok(Estimate {
        nodes: grant.request.nodes,
        clamped: grant.request.nodes != grant.asked,
        expires_at: app.utc(grant.request.expires_at),
        cost_micro_usd: grant.cost,
        free_micro_usd: books(&cluster, now, app.policy.terms).free().floor(),
        target_nodes: grant.sizing.target,
        explanation: grant.sizing.explanation.to_string(),
        runway: Some(shown(grant.runway)),
    })
}

/// What a decision about an order says, with its refusal as an answer.
///
/// # Errors
/// The refusal.
pub fn decided(
    app: &App,
    cluster: &Cluster,
    order: &Order,
    now: Moment,
    decision: Decision,
) -> Result<Step<Grant>, Refusal> {
    decision(cluster, order, now, &app.policy).map_err(|refusal| refused(app, cluster, now, refusal))
}

/// The grant that was given for this key before, if any; `asked` is what the same order asked for then.
///
/// # Errors
/// The key was used for another order.
pub async fn replay(
    app: &App,
    member: &Member,
    key: Option<&(String, String)>,
    asked: Option<u32>,
) -> Result<Option<status::Grant>, Refusal> {
    let Some((key, order)) = key else { return Ok(None) };
    let earlier = app.db.order_by_key(&member.organization, &member.claims.user_name, key).await?;
    let Some(Earlier { request, order: earlier, cost, .. }) = earlier else { return Ok(None) };
    if earlier != *order {
        let message = "this Idempotency-Key was used for another order; take a new key for a new order";
        return Err(Refusal::new(StatusCode::CONFLICT, ErrorCode::InvalidArgument, message));
    }
    let (cluster, now) = (app.cluster(&member.organization).await?, app.clock.now());
    let sizing = size(&cluster, now, app.policy.terms);
    Ok(Some(status::Grant {
        clamped: asked.is_some_and(|asked| asked != request.nodes),
        request: shown_request(app, &request),
        cost_micro_usd: cost,
        target_nodes: sizing.target,
        explanation: sizing.explanation.to_string(),
        runway: Some(lasting(app, &cluster, now)),
    }))
}

/// Releases all of a member's own requests; how many counted.
///
/// # Errors
/// The database failed.
pub async fn release_own(app: &App, member: &Member) -> Result<u32, Refusal> {
    let own = Some(&member.claims.user_name);
    app.carry(&member.organization, |cluster, now| order::release(cluster, own, None, now)).await
}

/// Releases everybody's requests, and tells the audit log who did; how many counted.
///
/// # Errors
/// The database failed.
pub async fn release_all(app: &App, member: &Member, origin: &Origin) -> Result<u32, Refusal> {
    let release = |cluster: &Cluster, now| Ok(order::release(cluster, None, None, now));
    let tell = |released: &u32| {
        member.deed(origin, "requests.released", format!("of everybody; requests released: {released}"))
    };
    app.decide_audited(&member.organization, release, tell).await
}

/// When a request ends that shall live so many seconds: whole seconds, as the original has them and clients compare
/// them.
///
/// # Errors
/// The operator does not let requests live so short or so long.
pub fn until(app: &App, seconds: u64) -> Result<Moment, Refusal> {
    let TimeToLive { min_minutes, max_minutes } = app.config.time_to_live;
    let (least, most) = (min_minutes.saturating_mul(60), max_minutes.saturating_mul(60));
    if !(least..=most).contains(&seconds) {
        return Err(Refusal::bad_request(format!(
            "the time to live must be from {min_minutes} to {max_minutes} minutes ({least} to {most} seconds)"
        )));
    }
    let end = instants::seconds(app.clock.now()).saturating_add(seconds);
    Ok(Moment(i64::try_from(end).unwrap_or(i64::MAX).saturating_mul(1000)))
}

/// A wish for a new request.
///
/// # Errors
/// As of [`until`]; zero nodes release what there is, whatever the time.
pub fn place(app: &App, nodes: u32, seconds: u64, replace: bool) -> Result<Wish, Refusal> {
    let until = if nodes > 0 { until(app, seconds)? } else { app.clock.now() };
    Ok(Wish::Place { id: new_id()?, nodes, until, replace })
}

/// A name for a new request.
///
/// # Errors
/// None that can happen: every name of this form is one.
pub fn new_id() -> Result<RequestId, Refusal> {
    Uuid::now_v7().to_string().parse().map_err(|_| Refusal::internal())
}

/// A grant as our own API tells it.
#[must_use]
pub fn granted(app: &App, grant: &Grant) -> status::Grant {
    status::Grant {
        clamped: grant.request.nodes != grant.asked,
        request: shown_request(app, &grant.request),
        cost_micro_usd: grant.cost,
        target_nodes: grant.sizing.target,
        explanation: grant.sizing.explanation.to_string(),
        runway: Some(shown(grant.runway)),
    }
}

/// A grant as the organization-token API tells it: the phrases that existing clients look for, then ours.
#[must_use]
pub fn answered(app: &App, member: &Member, grant: &Grant) -> CapacityAnswer {
    let Grant { request: Request { id, nodes, expires_at, .. }, is_new, sizing, runway, .. } = grant;
    let organization = &member.organization;
    let expires_at = app.utc(*expires_at);
    let doing = if grant.was_asleep && *nodes > 0 { "Deploying" } else { "Updating" };
    // An order of no nodes makes no request, and is never the same as another.
    let is_queued = *is_new || *nodes == 0;
    let how = if is_queued {
        "created and queued capacity request"
    } else {
        "using identical queued capacity request"
    };
    let explanation = sizing.explanation.to_string();
    CapacityAnswer {
        status: if is_queued { "QUEUED" } else { "REDUNDANT" }.to_owned(),
        msg: format!(
            "{doing} {organization} cluster: {how} {id} for {} until {}; {explanation}; {}",
            many(*nodes, "node"),
            expires_at.0,
            in_words(*runway)
        ),
        error_msg: String::new(),
        request_id: Some(id.clone()),
        granted_nodes: Some(*nodes),
        expires_at: Some(expires_at),
        cost_micro_usd: Some(grant.cost),
        explanation: Some(explanation),
        runway: Some(shown(*runway)),
    }
}

/// A request as our own API tells it.
#[must_use]
pub fn shown_request(app: &App, request: &Request) -> CapacityRequest {
    CapacityRequest {
        id: request.id.clone(),
        user: request.user.clone(),
        nodes: request.nodes,
        expires_at: app.utc(request.expires_at),
    }
}

/// A request with its past as our own API tells it.
#[must_use]
pub fn shown_record(app: &App, record: &Record) -> RequestRecord {
    let Request { created_at, expires_at, .. } = record.request;
    let over = (expires_at <= app.clock.now()).then_some(expires_at);
    RequestRecord {
        request: shown_request(app, &record.request),
        created_at: app.utc(created_at),
        ended_at: record.closed_at.or(over).map(|at| app.utc(at)),
        cost_micro_usd: record.cost,
    }
}

/// How long the money lasts at the size the cluster has, or shall have, whichever is larger; of a sleeping one, for
/// one node.
#[must_use]
pub fn lasting(app: &App, cluster: &Cluster, now: Moment) -> status::Runway {
    let present = u32::try_from(cluster.nodes.len()).unwrap_or(u32::MAX);
    let target = size(cluster, now, app.policy.terms).target;
    shown(runway(cluster, present.max(target).max(1), now, &app.policy))
}

fn shown(Runway { nodes, minutes }: Runway) -> status::Runway {
    status::Runway { nodes, minutes }
}

fn in_words(Runway { nodes, minutes }: Runway) -> String {
    match minutes {
        Some(minutes) => {
            format!("the money lasts for {} at {}", many(minutes, "minute"), many(nodes, "node"))
        }
        None => format!("{} cost nothing", many(nodes, "node")),
    }
}

fn many(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Why the domain refused, as an answer.
fn refused(app: &App, cluster: &Cluster, now: Moment, refusal: order::Refusal) -> Refusal {
    let explanation = size(cluster, now, app.policy.terms).explanation.to_string();
    let refusal = match refusal {
        order::Refusal::Blocked(block, message) => {
            let (status, code) = blocked(block);
            Refusal::new(status, code, message)
        }
        order::Refusal::InsufficientFunds { message, fits, cost, free } => {
            let least = app.config.time_to_live.min_minutes;
            let is_short = |&(_, minutes): &(u32, u32)| u64::from(minutes) < least;
            let message = match fits.iter().any(is_short) {
                true => format!("{message} No request lives for less than {least} minutes, though."),
                false => message,
            };
            // What programs read can be ordered as it stands.
            let fits = fits.into_iter().filter(|fit| !is_short(fit));
            let fits = fits.map(|(nodes, minutes)| Fit { nodes, minutes }).collect();
            let refusal = Refusal::new(StatusCode::PAYMENT_REQUIRED, ErrorCode::InsufficientFunds, message)
                .fitting(fits);
            refusal.with("cost_micro_usd", cost.0).with("free_micro_usd", free.0)
        }
        order::Refusal::UnknownRequest => return unknown_request(),
        order::Refusal::WouldShorten { until } => {
            let message = format!(
                "the request ends at {} now, which is later than what you ask for; say \"shorten\": true to end it earlier",
                app.utc(until).0
            );
            Refusal::new(StatusCode::CONFLICT, ErrorCode::InvalidArgument, message)
        }
    };
    refusal.explained(explanation, lasting(app, cluster, now))
}

/// 404: the caller has no such request.
#[must_use]
pub fn unknown_request() -> Refusal {
    let message = "you have no capacity request of that id; see the status for those there are";
    Refusal::new(StatusCode::NOT_FOUND, ErrorCode::InvalidArgument, message)
}

fn blocked(block: Block) -> (StatusCode, ErrorCode) {
    match block {
        Block::Suspended => (StatusCode::FORBIDDEN, ErrorCode::ClusterSuspended),
        Block::Paused => (StatusCode::CONFLICT, ErrorCode::ClusterPaused),
        Block::OutOfFunds => (StatusCode::PAYMENT_REQUIRED, ErrorCode::OutOfFunds),
        Block::Protected => (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::ClusterProtected),
    }
}
