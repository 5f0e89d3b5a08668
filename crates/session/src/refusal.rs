//! What a refusal means.
//!
//! Ours carry a code. Those of older provisioning systems come in two envelopes (`{"detail"}` and
//! `{"status":"FAILED","error_msg","msg"}`) and in plain text from the gateway, and are told apart by status
//! and wording (`shared/reference/provisioning-api.md` 1.1 to 1.5, `cluster-protocol.md` 2.6).

use serde::Deserialize;
use sliderule_api::ErrorCode;

use crate::failure::quote;
use crate::http::{Reply, code_of};
use crate::{Failure, Response};

/// Both envelopes at once.
#[derive(Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    error_msg: Option<String>,
    #[serde(default)]
    msg: Option<String>,
}

/// What the server said, in its own words; empty if it said nothing fit to repeat.
pub(crate) fn words(reply: &Reply) -> String {
    let body = &reply.response.body;
    let Ok(envelope) = serde_json::from_str::<Envelope>(body) else {
        let html = body.trim_start().starts_with('<');
        return if html { String::new() } else { quote(body) };
    };
    // One path of the original puts the text into `msg` and leaves `error_msg` empty.
    let texts = [envelope.error_msg, envelope.detail, envelope.msg];
    texts.into_iter().flatten().find(|text| !text.is_empty()).map(|text| quote(&text)).unwrap_or_default()
}

/// Whether an answer gives a reason as JSON: then somebody decided, and asking again changes nothing.
pub(crate) fn is_decided(response: &Response) -> bool {
    serde_json::from_str::<Envelope>(&response.body).is_ok()
}

/// Whether a request was refused for its token, so that a newer one may help.
pub(crate) fn is_about_the_token(reply: &Reply) -> bool {
    let said = |text: &str| reply.response.body.contains(text);
    match reply.response.status {
        401 => !matches!(code_of(&reply.response), Some(code) if code != ErrorCode::ReauthenticationRequired),
        // The original answers 403 where it means 401, and so does its gateway.
        403 => said("token_not_valid") || said("JWT has expired"),
        _ => false,
    }
}

/// The failure of a request to sign in.
pub(crate) fn of_sign_in(reply: &Reply, organization: &str) -> Failure {
    let said = words(reply);
    if let Some(code) = code_of(&reply.response) {
        return ours(reply, code, &said);
    }
    let lower = said.to_ascii_lowercase();
    let status = reply.response.status;
    let (code, message) = if lower.contains("not an active member") {
        (
            ErrorCode::MembershipInactive,
            format!("your membership in `{organization}` is not active yet; ask its owner to approve it"),
        )
    } else if lower.contains("not a member") {
        (
            ErrorCode::NotAMember,
            format!(
                "you are not a member of `{organization}`; request membership at the provisioning system"
            ),
        )
    } else if lower.contains("not a valid organization") || lower.contains("unknown org") {
        (
            ErrorCode::UnknownOrganization,
            format!("there is no organization `{organization}` at this provisioning system"),
        )
    } else if matches!(status, 400 | 401 | 403) {
        (ErrorCode::WrongCredentials, "user name and password, or the GitHub token, are not right".to_owned())
    } else {
        return of_any(reply);
    };
    reply.failure(code, with_words(message, &said))
}

/// The failure of a request for nodes.
pub(crate) fn of_scaling(reply: &Reply) -> Failure {
    let said = words(reply);
    if let Some(code) = code_of(&reply.response) {
        return ours(reply, code, &said);
    }
    let lower = said.to_ascii_lowercase();
    let status = reply.response.status;
    if lower.contains("active member") {
        reply.failure(
            ErrorCode::MembershipInactive,
            with_words("your membership is not active; ask the owner".into(), &said),
        )
    } else if lower.contains("unknown org") {
        reply.failure(
            ErrorCode::UnknownOrganization,
            with_words("there is no such organization".into(), &said),
        )
    } else if lower.contains("not a member") {
        reply.failure(
            ErrorCode::NotAMember,
            with_words("you are not a member of the organization".into(), &said),
        )
    } else if (400..500).contains(&status) && status != 429 || status == 503 && !said.is_empty() {
        reply.failure(ErrorCode::ScaleRefused, with_words("the request for nodes was refused".into(), &said))
    } else {
        of_any(reply)
    }
}

/// The failure of a request to the cluster.
pub(crate) fn of_cluster(reply: &Reply, api: &str) -> Failure {
    let said = words(reply);
    if let Some(code) = code_of(&reply.response) {
        return ours(reply, code, &said);
    }
    match reply.response.status {
        403 if said.contains("Missing Authorization") => reply.failure(
            ErrorCode::CredentialsMissing,
            "this cluster is private and nobody is signed in; call authenticate",
        ),
        403 if said.contains("JWT organization") => {
            reply.failure(ErrorCode::NotAMember, "the token is for another organization than this cluster's; call authenticate")
        }
        403 => reply.failure(ErrorCode::ReauthenticationRequired, with_words("the cluster refused the token; call authenticate".into(), &said)),
        404 => reply.failure(
            ErrorCode::Unsupported,
            with_words(format!("the cluster has no service `{api}`, or the service gave no result for these parameters"), &said),
        ),
        503 => reply
            .failure(
                ErrorCode::ClusterAsleep,
                with_words("no node of the cluster can take the request; ask for nodes with scaleout, or try again later".into(), &said),
            )
            .retryable(),
        _ => of_any(reply),
    }
}

/// The failure of any other request.
pub(crate) fn of_any(reply: &Reply) -> Failure {
    let said = words(reply);
    if let Some(code) = code_of(&reply.response) {
        return ours(reply, code, &said);
    }
    match reply.response.status {
        429 => reply
            .failure(ErrorCode::Throttled, with_words("too many requests; wait a little".into(), &said))
            .retryable(),
        status @ 500.. => reply
            .failure(
                ErrorCode::BadResponse,
                with_words(format!("the server failed with HTTP status {status}"), &said),
            )
            .retryable(),
        status => reply.failure(
            ErrorCode::BadResponse,
            with_words(format!("the server answered HTTP status {status}"), &said),
        ),
    }
}

/// A refusal of ours says all there is to say.
fn ours(reply: &Reply, code: ErrorCode, said: &str) -> Failure {
    let message =
        if said.is_empty() { format!("the server refused the request: {code}") } else { said.to_owned() };
    let failure = reply.failure(code, message);
    let later = matches!(code, ErrorCode::Throttled | ErrorCode::ClusterWaking | ErrorCode::Unreachable);
    if later { failure.retryable() } else { failure }
}

fn with_words(sentence: String, said: &str) -> String {
    if said.is_empty() { sentence } else { format!("{sentence} (the server said: {said})") }
}
