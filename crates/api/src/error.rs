//! The error codes of the whole product, and the body of every refusal.
//!
//! A code is the same on the wire and in JavaScript. Codes are never renamed; the TypeScript union in
//! `js/index.d.ts` is held to this list by a test.
//!
//! Existing clients read `error_msg` or `detail` of a refusal and crash when theirs is absent, so all are always
//! there (`shared/reference/provisioning-api.md`, sections 1.1 and 1.9).

use serde::{Deserialize, Serialize};

use crate::status::{Fit, Runway};

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)*) => {
        /// What went wrong, for programs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode {
            $($(#[doc = $doc])+ #[serde(rename = $text)] $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands on the wire and in JavaScript.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// What it means in a sentence that is the same for every occurrence: the title of a problem.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($doc),+).trim_ascii_start(),)*
                }
            }

            /// The code of that name, if there is one.
            #[must_use]
            pub fn from_text(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == text)
            }
        }
    };
}

codes! {
    /// An option or argument is wrong, unknown, or given twice with different values.
    InvalidArgument = "invalid_argument",
    /// Credentials are needed and none were found.
    CredentialsMissing = "credentials_missing",
    /// User name and password, or the token, are not right.
    WrongCredentials = "wrong_credentials",
    /// There is no such organization.
    UnknownOrganization = "unknown_organization",
    /// The user does not belong to the organization.
    NotAMember = "not_a_member",
    /// The membership was requested and not approved yet, or deactivated.
    MembershipInactive = "membership_inactive",
    /// The caller's role, or what the operator has set, does not allow it.
    NotAllowed = "not_allowed",
    /// Too many attempts; wait.
    Throttled = "throttled",
    /// Nothing answered.
    Unreachable = "unreachable",
    /// Something answered, and not in a way that makes sense.
    BadResponse = "bad_response",
    /// The tokens have ended or were revoked; sign in again.
    ReauthenticationRequired = "reauthentication_required",
    /// The cluster has no nodes; ask for some.
    ClusterAsleep = "cluster_asleep",
    /// The cluster is starting; wait.
    ClusterWaking = "cluster_waking",
    /// The operator suspended the organization.
    ClusterSuspended = "cluster_suspended",
    /// An owner switched the cluster off.
    ClusterPaused = "cluster_paused",
    /// Nodes failed to start too often.
    ClusterProtected = "cluster_protected",
    /// The organization's money is spent.
    OutOfFunds = "out_of_funds",
    /// The organization's money does not cover what was asked for.
    InsufficientFunds = "insufficient_funds",
    /// The request for nodes was refused for another reason.
    ScaleRefused = "scale_refused",
    /// The nodes did not become ready in the time allowed.
    ScaleTimeout = "scale_timeout",
    /// Client and cluster have different major versions.
    VersionIncompatible = "version_incompatible",
    /// A record stream ended before it was complete.
    StreamTruncated = "stream_truncated",
    /// A record stream breaks its own format.
    StreamMalformed = "stream_malformed",
    /// A record claims to be larger than allowed.
    StreamTooLarge = "stream_too_large",
    /// The result lacks data that was asked for.
    IncompleteResult = "incomplete_result",
    /// The call took longer than its `timeoutMs`.
    TimedOut = "timed_out",
    /// The server cannot do this.
    Unsupported = "unsupported",
    /// The token store failed and memory took its place; an event, never a rejection.
    StorageDegraded = "storage_degraded",
    /// The page's policy forbids WebAssembly.
    WasmBlocked = "wasm_blocked",
    /// The slim entry was used before `load`.
    WasmNotLoaded = "wasm_not_loaded",
    /// A fault of this software.
    InternalError = "internal_error",
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the `type` of every problem begins with; its [`ErrorCode`] follows. It names a problem and leads nowhere:
/// `docs/ERRORS.md` explains each code.
pub const PROBLEM_TYPE: &str = "urn:sliderule:error:";

/// The media type of a problem in our own API.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// The body of every refusal: problem details (RFC 9457) with both error envelopes of the original, so that every client
/// finds the words where it looks for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Which problem it is: [`PROBLEM_TYPE`] and one of our codes. Empty from an older server.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// What that means, the same for every occurrence.
    #[serde(default)]
    pub title: String,
    /// This occurrence: a URN of the request's id, which the operator finds in the log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// That it is a failure, in either way of saying so.
    pub status: ProblemStatus,
    /// What went wrong, for programs. The original's own codes (`token_not_valid`) pass as text.
    pub code: String,
    /// What happened and what to do, for people.
    pub error_msg: String,
    /// The same text, for clients of the other envelope.
    pub detail: String,
    /// What would be granted in place of an order that was refused for lack of money; the text says it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fits: Vec<Fit>,
    /// Who asked for what until when, where an order was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
    /// How long the money lasts as things are, where an order was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runway: Option<Runway>,
}

/// What stands as the `status` of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(untagged)]
pub enum ProblemStatus {
    /// The HTTP status: in our own API, where RFC 9457 has the word.
    Http(u16),
    /// `FAILED`: everywhere else, as existing clients read it.
    Word(String),
}

impl Problem {
    /// A refusal with one of our codes, as existing clients read it.
    #[must_use]
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind: format!("{PROBLEM_TYPE}{code}"),
            title: code.title().to_owned(),
            instance: None,
            status: ProblemStatus::Word("FAILED".to_owned()),
            code: code.as_str().to_owned(),
            error_msg: message.clone(),
            detail: message,
            fits: Vec::new(),
            explanation: None,
            runway: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ErrorCode, Problem, ProblemStatus};

    #[test]
    fn codes_read_back_and_agree_with_their_json() {
        for &code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_text(code.as_str()), Some(code));
            assert_eq!(serde_json::to_string(&code).unwrap(), format!("\"{code}\""));
        }
    }

    #[test]
    fn a_refusal_carries_both_envelopes() {
        let body =
            serde_json::to_value(Problem::new(ErrorCode::NotAMember, "ada is NOT a member of acme")).unwrap();
        for key in ["status", "code", "error_msg", "detail"] {
            assert!(body.get(key).is_some(), "{key}");
        }
        assert_eq!(body["type"], "urn:sliderule:error:not_a_member");
        assert_eq!(body["title"], "The user does not belong to the organization.");
    }

    #[test]
    fn problems_are_read_with_a_number_or_a_word_and_without_the_newer_members() {
        let read = |status: &str| {
            let body = format!(r#"{{"status":{status},"code":"throttled","error_msg":"","detail":"wait"}}"#);
            serde_json::from_str::<Problem>(&body).unwrap().status
        };
        assert_eq!(read("429"), ProblemStatus::Http(429));
        assert_eq!(read("\"FAILED\""), ProblemStatus::Word("FAILED".to_owned()));
    }
}
