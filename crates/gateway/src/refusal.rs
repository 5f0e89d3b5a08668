//! Every way in which the gateway itself says no: one table of status, code and sentence.
//!
//! Unlike the official gateway, which answers HTML, ours answers JSON in both envelopes that clients
//! know ([`Problem`]), and 401 where signing in again helps.

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::{ALLOW, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use sliderule_api::{ErrorCode, OrganizationName, Problem};

use crate::TokenRefused;

/// Why the gateway refuses a request. The text is what the client is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("there is no organization `{0}` here; check its name")]
    UnknownOrganization(OrganizationName),
    #[error("nothing is served at this path; a cluster serves /source/… and /discovery/status")]
    NoSuchPath,
    #[error("the path is too long for a node; put arguments into the request body")]
    PathTooLong,
    #[error("this path does not answer that method")]
    MethodNotAllowed,
    #[error("this cluster is private: send an access token as `Authorization: Bearer <token>`")]
    CredentialsMissing,
    #[error("{0}")]
    Token(#[from] TokenRefused),
    #[error("the request body is larger than {0} bytes; send a smaller one")]
    BodyTooLarge(usize),
    #[error("the request body did not arrive within {} s; send it again", .0.as_secs())]
    BodyTooSlow(Duration),
    #[error("the request body ended before it was complete; send it again")]
    BodyBroken,
    #[error("the request body is not understood: {0}")]
    BadBody(String),
    #[error("the node at this address is not one that may serve this organization now")]
    NotOurNode,
    #[error("this is for nodes, and not for pages in a browser")]
    FromPage,
    #[error("{sentence}")]
    Off { code: ErrorCode, sentence: String },
    #[error("no node of the cluster could be reached; try again in a moment")]
    Unreachable,
    #[error("the node closed the connection without an answer; check the request and try again")]
    NoAnswer,
    #[error("the node's answer is not HTTP that makes sense; tell the operator of the cluster")]
    BadAnswer,
    #[error("the node did not begin its answer within {} s", .0.as_secs())]
    Silent(Duration),
}

impl Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::UnknownOrganization(_) | Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::PathTooLong => StatusCode::URI_TOO_LONG,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::CredentialsMissing | Self::Token(TokenRefused::Invalid | TokenRefused::Expired) => {
                StatusCode::UNAUTHORIZED
            }
            Self::Token(TokenRefused::OtherOrganization | TokenRefused::Inactive)
            | Self::NotOurNode
            | Self::FromPage => StatusCode::FORBIDDEN,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::BadBody(_) => StatusCode::BAD_REQUEST,
            Self::Off { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Unreachable | Self::NoAnswer | Self::BadAnswer => StatusCode::BAD_GATEWAY,
            Self::Silent(_) => StatusCode::GATEWAY_TIMEOUT,
        }
    }

    fn code(&self) -> ErrorCode {
        match self {
            Self::UnknownOrganization(_) => ErrorCode::UnknownOrganization,
            Self::CredentialsMissing => ErrorCode::CredentialsMissing,
            Self::Token(TokenRefused::Invalid | TokenRefused::Expired) => ErrorCode::ReauthenticationRequired,
            Self::Token(TokenRefused::OtherOrganization) => ErrorCode::NotAMember,
            Self::Token(TokenRefused::Inactive) => ErrorCode::MembershipInactive,
            Self::Off { code, .. } => *code,
            Self::Unreachable | Self::NoAnswer => ErrorCode::Unreachable,
            Self::BadAnswer => ErrorCode::BadResponse,
            Self::BodyTooSlow(_) | Self::Silent(_) => ErrorCode::TimedOut,
            Self::NoSuchPath | Self::MethodNotAllowed => ErrorCode::Unsupported,
            Self::PathTooLong
            | Self::BodyTooLarge(_)
            | Self::BodyBroken
            | Self::BadBody(_)
            | Self::NotOurNode
            | Self::FromPage => ErrorCode::InvalidArgument,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem::new(self.code(), self.to_string());
        let mut response = (self.status(), Json(problem)).into_response();
        let extra = match &self {
            Self::CredentialsMissing => Some((WWW_AUTHENTICATE, "Bearer")),
            Self::Token(TokenRefused::Invalid | TokenRefused::Expired) => {
                Some((WWW_AUTHENTICATE, "Bearer error=\"invalid_token\""))
            }
            Self::MethodNotAllowed => Some((ALLOW, "GET, POST, OPTIONS")),
            // A waking cluster is worth asking again soon; the others wait for somebody to act.
            Self::Off { code: ErrorCode::ClusterWaking, .. } => Some((RETRY_AFTER, "5")),
            Self::Off { .. } => Some((RETRY_AFTER, "60")),
            _ => None,
        };
        if let Some((name, value)) = extra {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        response
    }
}
