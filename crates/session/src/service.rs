//! The services of a cluster: plain ones answer JSON, streaming ones records.
//!
//! Both are asked by POST, since `fetch` cannot send a body with GET; the header `x-sliderule-streaming: 0`
//! asks for a plain answer. Nodes before v4.3.0 answer such a POST with an empty stream; what needs no
//! parameters is then asked by GET (`shared/reference/cluster-protocol.md`, fact 5).

use std::rc::Rc;

use sliderule_api::ErrorCode;
use sliderule_api::names::shown;
use sliderule_api::status::ClusterState;
use sliderule_api::text::{says, trim_end};

use crate::address::Target;
use crate::answers::{NodeCounts, Status};
use crate::call::Opened;
use crate::capacity::is_ours;
use crate::http::{REQUEST_TIMEOUT_MS, Reply, request};
use crate::json;
use crate::renewal::send_authorized;
use crate::world::{LONGEST_SLEEP_MS, World};
use crate::{Effect, Failure, Method, Outcome, Request, console, http, refusal, version};

/// What starts a cluster.
const WAKE: &str = "scaleout({ desiredNodes: 1 }), or with init and desiredNodes";

/// Parameters of services that need none.
pub(crate) const NO_PARAMETERS: &str = "{}";
/// The service that says which release a node runs.
pub(crate) const VERSION: &str = "version";

/// Calls a service after the version rule was applied: JSON text of a plain one, and the beginning of the answer of a
/// streaming one, whose body is the caller's to read.
///
/// # Errors
/// Those of [`unchecked`], and of the version rule.
pub(crate) async fn call(
    world: &World,
    target: &Rc<Target>,
    api: &str,
    parameters: &str,
    streams: bool,
) -> Result<Outcome, Failure> {
    check_name(api)?;
    if (streams || api != VERSION) && !version::is_checked(world, target) {
        version::check(world, target, &[]).await?;
    }
    // The time limit is the caller's, who may allow a service minutes to think.
    if !streams {
        return unchecked(world, target, api, parameters, LONGEST_SLEEP_MS).await.map(Outcome::Text);
    }
    let mut request = request(Method::Post, url(target, api), Some(parameters.to_owned()));
    request.stream = true;
    let reply = ask(world, target, api, &request, LONGEST_SLEEP_MS).await?;
    let (port, content_type) = (reply.port, &reply.response.content_type);
    if !content_type.starts_with("application/octet-stream") {
        world.push(Effect::Abandon { port });
        let message = format!("`{api}` answered {} and no stream of records", shown(content_type));
        return Err(reply.failure(ErrorCode::BadResponse, message));
    }
    let organization = target.organization.as_ref().map(ToString::to_string);
    Ok(Outcome::Opened(Opened { port, organization }))
}

/// The layout of a record type, from the cluster of the organization; JSON text.
///
/// # Errors
/// `stream_malformed` where the server does not know the type it sends.
pub(crate) async fn definition(
    world: &World,
    record_type: &str,
    organization: Option<&str>,
) -> Result<String, Failure> {
    let target = &Rc::new(world.with(|state| Target::resolve(&state.settings, organization))?);
    let parameters = json::object(&[("rectype", &record_type)]);
    let text = unchecked(world, target, "definition", &parameters, REQUEST_TIMEOUT_MS).await?;
    if text.trim_ascii() == "null" {
        let message =
            format!("the server sends records of type `{}` and cannot say what they are", shown(record_type));
        return Err(Failure::new(ErrorCode::StreamMalformed, message).at(&target.cluster));
    }
    Ok(text)
}

/// Calls a plain service without asking for the version first.
///
/// # Errors
/// Whatever refused the request; `bad_response` where the answer is not JSON.
pub(crate) async fn unchecked(
    world: &World,
    target: &Rc<Target>,
    api: &str,
    parameters: &str,
    timeout_ms: u32,
) -> Result<String, Failure> {
    let mut request = request(Method::Post, url(target, api), Some(parameters.to_owned()));
    request.headers.push(("x-sliderule-streaming", "0".to_owned()));
    let reply = loop {
        let reply = ask(world, target, api, &request, timeout_ms).await?;
        if !is_empty_stream(&reply) || request.method == Method::Get {
            break reply;
        }
        if parameters != NO_PARAMETERS {
            let message = format!(
                "the node runs a release before v4.3.0, whose `{api}` cannot be asked from JavaScript"
            );
            return Err(reply.failure(ErrorCode::Unsupported, message));
        }
        request = http::request(Method::Get, request.url, None);
    };
    if json::parse(&reply.response.body).is_none() {
        return Err(
            reply.failure(ErrorCode::BadResponse, format!("`{api}` answered something that is not JSON"))
        );
    }
    Ok(reply.response.body)
}

fn is_empty_stream(reply: &Reply) -> bool {
    let response = &reply.response;
    response.status == 200
        && response.body.is_empty()
        && response.content_type.starts_with("application/octet-stream")
}

fn url(target: &Target, api: &str) -> String {
    format!("{}/source/{api}", target.cluster)
}

/// A name becomes part of a URL that is sent with a token.
fn check_name(api: &str) -> Result<(), Failure> {
    let plain = api.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'/'));
    let path = format!("/{api}/");
    if !plain || says(&path, "//") || says(&path, "/.") {
        return Err(Failure::invalid(format!("`{}` cannot be the name of a service", shown(api))));
    }
    Ok(())
}

/// Asks a cluster. One that does not answer at all may simply be off, and its provisioning system knows; a 503 without a
/// reason means an overloaded one, or one that is off.
async fn ask(
    world: &World,
    target: &Rc<Target>,
    api: &str,
    request: &Request,
    timeout_ms: u32,
) -> Result<Box<Reply>, Failure> {
    let failure = match send_authorized(world, target, request, timeout_ms).await {
        Ok(reply) if reply.is_success() => return Ok(reply),
        Ok(reply) => {
            let failure = refusal::of_cluster(&reply, api);
            if failure.code == ErrorCode::ClusterAsleep && refusal::is_decided(&reply.response) {
                return Err(asleep_failure(&failure.message).in_place_of(&failure));
            }
            failure
        }
        Err(failure) => failure,
    };
    let unexplained =
        matches!(failure.code, ErrorCode::Unreachable | ErrorCode::TimedOut | ErrorCode::ClusterAsleep);
    if unexplained && let Some(asleep) = asleep(world, target).await {
        return Err(asleep.in_place_of(&failure));
    }
    Err(failure)
}

/// What the provisioning system says of a cluster that gives no answer; nothing where it does not explain that.
async fn asleep(world: &World, target: &Rc<Target>) -> Option<Failure> {
    let organization = target.organization.as_ref()?;
    if is_ours(world, target).ok()? {
        let status = console::status(world, target).await.ok()?;
        return (status.ready == 0).then(|| off(&status));
    }
    let url = format!("{}/api/org_num_nodes/{organization}/", target.provisioning.as_ref()?);
    let request = request(Method::Get, url, None);
    let counts = send_authorized(world, target, &request, REQUEST_TIMEOUT_MS).await.ok()?;
    let counts: NodeCounts = counts.json().ok()?;
    let message = format!("the cluster of `{organization}` has no nodes");
    (counts.current_nodes == 0).then(|| asleep_failure(&message))
}

/// What keeps a cluster off that has no node.
fn off(status: &Status) -> Failure {
    match status.kept_off() {
        Some(failure) => failure,
        None if status.state == ClusterState::Waking => {
            Failure::new(ErrorCode::ClusterWaking, status.message.clone()).retryable()
        }
        None => asleep_failure(&status.message),
    }
}

/// A cluster that is asleep, and the call that wakes it.
fn asleep_failure(message: &str) -> Failure {
    let message = format!("{}; start it with {WAKE}", trim_end(message, "."));
    Failure::new(ErrorCode::ClusterAsleep, message)
}
