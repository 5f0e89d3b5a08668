//! What nodes say to the discovery service, as HTTP.
//!
//! Follows `shared/reference/cluster-protocol.md`, section 2.8. An organization without nodes answers
//! like an unknown service: with nothing, and success.

use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::header::ORIGIN;
use http::{Method, Request};
use serde_json::json;
use sliderule_api::OrganizationName;
use sliderule_api::discovery::{
    Lock, LockAnswer, Register, RegisterAnswer, SERVICE, StatusAnswer, StatusRequest, Unlock, UnlockAnswer,
};

use crate::members::Members;
use crate::refusal::Refusal;
use crate::{Clusters, NodeAddress, Settings, intake};

/// Answers a node's request.
pub(crate) async fn answer(
    clusters: &dyn Clusters,
    members: &Members,
    settings: &Settings,
    organization: &OrganizationName,
    request: Request<Body>,
) -> Result<Response, Refusal> {
    let (head, body) = request.into_parts();
    // Nodes send none; a page in a browser on this machine cannot leave it out.
    if head.headers.contains_key(ORIGIN) {
        return Err(Refusal::FromPage);
    }
    let endpoint = head.uri.path().strip_prefix("/discovery/").ok_or(Refusal::NoSuchPath)?;
    if !matches!(endpoint, "register" | "lock" | "unlock" | "status" | "health") {
        return Err(Refusal::NoSuchPath);
    }
    // The official service never looks at the method.
    if !matches!(head.method, Method::GET | Method::POST) {
        return Err(Refusal::MethodNotAllowed);
    }
    let body = intake::read(body, settings.max_request_body, settings.request_body_timeout).await?;
    Ok(match endpoint {
        "register" => {
            Json(register(clusters, members, organization, &intake::json(&body)?).await?).into_response()
        }
        "lock" => Json(lock(members, organization, &intake::json(&body)?)).into_response(),
        "unlock" => Json(unlock(members, organization, &intake::json(&body)?)).into_response(),
        "status" => Json(status(members, organization, &body)?).into_response(),
        _ => Json(json!({ "health": true })).into_response(),
    })
}

/// How many nodes serve the service named in the body; without a body, [`SERVICE`].
pub(crate) fn status(
    members: &Members,
    organization: &OrganizationName,
    body: &[u8],
) -> Result<StatusAnswer, Refusal> {
    let service = match body.trim_ascii() {
        b"" => SERVICE.to_owned(),
        body => intake::json::<StatusRequest>(body)?.service,
    };
    let nodes = members.read(organization, |registry, now| registry.count(&service, now));
    Ok(StatusAnswer { nodes: u32::try_from(nodes).unwrap_or(u32::MAX) })
}

async fn register(
    clusters: &dyn Clusters,
    members: &Members,
    organization: &OrganizationName,
    register: &Register,
) -> Result<RegisterAnswer, Refusal> {
    let address: NodeAddress =
        register.address.parse().map_err(|error| Refusal::BadBody(format!("{error}")))?;
    let lifetime = Duration::from_secs(register.lifetime.into());
    loop {
        let as_of = members.read(organization, |registry, _| registry.as_of());
        if !clusters.node_registered(organization, &register.address).await {
            members.read(organization, |registry, _| registry.withdraw(address));
            return Err(Refusal::NotOurNode);
        }
        let taken_in = members.with(organization, |registry, now| {
            registry.register(address, &register.service, lifetime, register.reset, as_of, now)
        });
        // `None`: a node was withdrawn while we asked, perhaps this one. Asking again ends, because each
        // round needs another withdrawal.
        if let Some(lifetime) = taken_in {
            tracing::debug!(%organization, %address, "a node registered");
            return Ok(
                [(register.address.clone(), (register.service.clone(), unix_time_after(lifetime)))].into()
            );
        }
    }
}

fn lock(members: &Members, organization: &OrganizationName, lock: &Lock) -> LockAnswer {
    let timeout = Duration::from_secs(lock.timeout.into());
    members.read(organization, |registry, now| registry.lock(&lock.service, lock.nodes_needed, timeout, now))
}

fn unlock(members: &Members, organization: &OrganizationName, unlock: &Unlock) -> UnlockAnswer {
    let ids = &unlock.transactions;
    let unlocked = members.read(organization, |registry, now| Some(registry.unlock(ids, now)));
    let count = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    unlocked.unwrap_or(UnlockAnswer { complete: count, fail: count })
}

/// The wall clock's second at which a lifetime ends: nodes are told it, nothing here depends on it.
fn unix_time_after(lifetime: Duration) -> u64 {
    let end = SystemTime::now() + lifetime;
    end.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
