//! The labels of requests.

use std::fmt;

use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue, LabelValueEncoder};
use sliderule_api::ErrorCode;

use crate::http::Route;

/// Which request, and how it ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct RequestLabels {
    route: Route,
    method: &'static str,
    status: &'static str,
}

impl RequestLabels {
    pub(super) fn new(route: Route, method: &Method, status: &'static str) -> Self {
        Self { route, method: method_name(method), status }
    }
}

impl EncodeLabelValue for Route {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        EncodeLabelValue::encode(&self.as_str(), encoder)
    }
}

/// How something ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Outcome {
    outcome: &'static str,
}

impl Outcome {
    pub(super) fn new(status: StatusCode, code: Option<ErrorCode>) -> Self {
        Self { outcome: outcome(status, code) }
    }
}

/// How somebody signed in, or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct SignInLabels {
    way: &'static str,
    outcome: &'static str,
}

impl SignInLabels {
    pub(super) fn new(way: &'static str, status: StatusCode, code: Option<ErrorCode>) -> Self {
        Self { way, outcome: outcome(status, code) }
    }
}

/// The error code of a refusal; `ok` for everything else that is no failure.
fn outcome(status: StatusCode, code: Option<ErrorCode>) -> &'static str {
    match code {
        Some(code) => code.as_str(),
        None if status.is_client_error() || status.is_server_error() => "failed",
        None => "ok",
    }
}

/// The first digit of a status.
pub(super) fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

/// A method that we know: a client may send any word.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}
