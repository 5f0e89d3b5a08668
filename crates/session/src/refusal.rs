//! What a refusal means.
//!
//! Ours carry a code, and words that say what to do. Those of older provisioning systems come in two envelopes
//! (`{"detail"}` and `{"status":"FAILED","error_msg","msg"}`) and in plain text from the gateway; they are told
//! apart by status and wording (`shared/reference/provisioning-api.md` 1.1 to 1.5, `cluster-protocol.md` 2.6), and
//! we say what to do before we quote them.

use sliderule_api::ErrorCode;
use sliderule_api::text::says;

use crate::http::{Reply, code_of};
use crate::json::{self, Json};
use crate::{Failure, Response};

/// Where the envelopes have their text. One path of the original puts it into `msg` and leaves `error_msg` empty.
const TEXTS: [&str; 3] = ["error_msg", "detail", "msg"];

/// What happened and what to do, where a code says that much.
fn sentence(code: ErrorCode) -> Option<&'static str> {
    Some(match code {
        ErrorCode::WrongCredentials => "user name and password, or the GitHub token, are not right",
        ErrorCode::UnknownOrganization => "there is no such organization at this provisioning system",
        ErrorCode::NotAMember => {
            "you are not a member of the organization; request membership at the provisioning system"
        }
        ErrorCode::MembershipInactive => {
            "your membership is not active; ask the organization's owner to approve it"
        }
        ErrorCode::Throttled => "too many requests; wait a little",
        ErrorCode::CredentialsMissing => "nobody is signed in; call authenticate",
        ErrorCode::ReauthenticationRequired => "the token was refused; call authenticate with credentials",
        ErrorCode::ClusterAsleep => {
            "no node of the cluster can take the request; ask for nodes with scaleout, or try again later"
        }
        ErrorCode::ClusterWaking => "the cluster is starting; wait for it with scaleout, or try again later",
        ErrorCode::ClusterSuspended => "the organization is suspended; ask the operator of the deployment",
        ErrorCode::ClusterPaused => "the cluster is switched off; ask the organization's owner",
        ErrorCode::ClusterProtected => "nodes failed to start too often; ask the organization's owner",
        ErrorCode::OutOfFunds => "the organization's money is spent; ask its owner for more",
        ErrorCode::InsufficientFunds => {
            "the organization's money does not cover this; ask for fewer nodes or less time, or its owner for more"
        }
        ErrorCode::ScaleRefused => "the request for nodes was refused",
        _ => return None,
    })
}

/// A refusal of ours, whose words say what to do; but which function to call is for us to say.
fn told(reply: &Reply, code: ErrorCode, said: &str) -> Failure {
    match code {
        ErrorCode::CredentialsMissing | ErrorCode::ReauthenticationRequired => refused(reply, code, said),
        _ if said.is_empty() => refused(reply, code, said),
        _ => failure(reply, code, said.to_owned()),
    }
}

/// A refusal of an older server, or one without words, that means this code: what to do, and what was said.
fn refused(reply: &Reply, code: ErrorCode, said: &str) -> Failure {
    let message = match sentence(code) {
        Some(sentence) => with_words(sentence.to_owned(), said),
        None if said.is_empty() => format!("the server refused the request: {code}"),
        None => said.to_owned(),
    };
    failure(reply, code, message)
}

fn failure(reply: &Reply, code: ErrorCode, message: String) -> Failure {
    let failure = reply.failure(code, message);
    let later = matches!(code, ErrorCode::Throttled | ErrorCode::ClusterWaking | ErrorCode::Unreachable);
    if later { failure.retryable() } else { failure }
}

/// What the server said, in its own words; empty if it said nothing fit to repeat.
pub(crate) fn words(reply: &Reply) -> String {
    let body = &reply.response.body;
    let Some(envelope) = envelope(body) else {
        let html = body.trim_ascii_start().starts_with("<");
        return if html { String::new() } else { reply.quote(body) };
    };
    for name in TEXTS {
        match json::text(&envelope, name) {
            None | Some("") => {}
            Some(text) => return reply.quote(text),
        }
    }
    String::new()
}

/// Whether an answer gives a reason as JSON: then somebody decided, and asking again changes nothing.
pub(crate) fn is_decided(response: &Response) -> bool {
    envelope(&response.body).is_some()
}

/// A refusal in either envelope: an object.
fn envelope(body: &str) -> Option<Json<'_>> {
    json::parse(body).filter(|json| matches!(json, Json::Object(_)))
}

/// Whether a request was refused for its token, so that a newer one may help.
pub(crate) fn is_about_the_token(reply: &Reply) -> bool {
    let said = |text: &str| says(&reply.response.body, text);
    match reply.response.status {
        401 => !matches!(code_of(&reply.response), Some(code) if code != ErrorCode::ReauthenticationRequired),
        // The original answers 403 where it means 401, and so does its gateway.
        403 => said("token_not_valid") || said("JWT has expired"),
        _ => false,
    }
}

/// The failure of a request to sign in.
pub(crate) fn of_sign_in(reply: &Reply) -> Failure {
    let is_refused = matches!(reply.response.status, 400 | 401 | 403);
    by_words(reply, &words(reply), is_refused.then_some(ErrorCode::WrongCredentials))
}

/// The failure of a request for nodes.
pub(crate) fn of_scaling(reply: &Reply) -> Failure {
    let said = words(reply);
    let is_refused = match reply.response.status {
        429 => false,
        503 => !said.is_empty(),
        status => (400..500).contains(&status),
    };
    by_words(reply, &said, is_refused.then_some(ErrorCode::ScaleRefused))
}

/// What older provisioning systems write of people and organizations, and the code that it means.
const MEANT: [(&str, ErrorCode); 4] = [
    ("active member", ErrorCode::MembershipInactive),
    ("not a member", ErrorCode::NotAMember),
    ("not a valid organization", ErrorCode::UnknownOrganization),
    ("unknown org", ErrorCode::UnknownOrganization),
];

/// A refusal of a provisioning system: by its code, or else its words, or else the code that is given.
fn by_words(reply: &Reply, said: &str, otherwise: Option<ErrorCode>) -> Failure {
    if let Some(code) = code_of(&reply.response) {
        return told(reply, code, said);
    }
    let lower = said.to_ascii_lowercase();
    let meant = MEANT.iter().find(|(words, _)| says(&lower, words)).map(|(_, code)| *code);
    match meant.or(otherwise) {
        Some(code) => refused(reply, code, said),
        None => of_any(reply),
    }
}

/// The failure of a request to the cluster.
pub(crate) fn of_cluster(reply: &Reply, api: &str) -> Failure {
    let said = words(reply);
    match (code_of(&reply.response), reply.response.status) {
        (Some(code), _) => told(reply, code, &said),
        (_, 403) if says(&said, "Missing Authorization") => {
            refused(reply, ErrorCode::CredentialsMissing, &said)
        }
        (_, 403) if says(&said, "JWT organization") => reply.failure(
            ErrorCode::NotAMember,
            "the token is for another organization than this cluster's; call authenticate",
        ),
        (_, 403) => refused(reply, ErrorCode::ReauthenticationRequired, &said),
        (_, 404) => reply.failure(
            ErrorCode::Unsupported,
            with_words(
                format!(
                    "the cluster has no service `{api}`, or the service gave no result for these parameters"
                ),
                &said,
            ),
        ),
        (_, 503) => refused(reply, ErrorCode::ClusterAsleep, &said).retryable(),
        _ => of_any(reply),
    }
}

/// The failure of any other request.
pub(crate) fn of_any(reply: &Reply) -> Failure {
    let said = words(reply);
    match (code_of(&reply.response), reply.response.status) {
        (Some(code), _) => told(reply, code, &said),
        (_, 429) => refused(reply, ErrorCode::Throttled, &said),
        (_, status) => {
            let message = with_words(format!("the server answered HTTP status {status}"), &said);
            let failure = reply.failure(ErrorCode::BadResponse, message);
            if status >= 500 { failure.retryable() } else { failure }
        }
    }
}

fn with_words(sentence: String, said: &str) -> String {
    if said.is_empty() { sentence } else { format!("{sentence} (the server said: {said})") }
}
