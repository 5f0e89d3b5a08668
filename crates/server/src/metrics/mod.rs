//! What is counted, and how it is told to Prometheus.
//!
//! What happens is counted when it happens, in [`Metrics`]; what there is, is counted when somebody asks, in [`Exposition`].
//! Always holds: a label has few values (a route's template, a status class, an error code), none of which a client can
//! choose; an organization's name is one only if the operator wants that.
//!
//! | module | what it holds |
//! |---|---|
//! | `labels` | the labels of requests |
//! | `outcomes` | which requests are sign-ins, refreshes, orders of nodes |
//! | `exposition` | what there is now: nodes, organizations, money, queues, this process |
//! | `process` | what this process takes of its machine |

mod exposition;
mod labels;
mod outcomes;
mod process;

use std::time::Duration;

use http::{Method, StatusCode};
use prometheus_client::encoding::prometheus_text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use sliderule_api::ErrorCode;

use crate::http::Seen;
use labels::{Outcome, RequestLabels, SignInLabels, status_class};
use outcomes::Event;

pub use exposition::Exposition;
pub(crate) use labels::method_name;

/// Every name begins like this.
const PREFIX: &str = "sliderule_ps";

/// How long requests take, in seconds: from a look at the status to a password that waits for its turn.
const SECONDS: [f64; 9] = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0];

/// What happens, counted when it happens. Recording a request takes less than a microsecond.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    running: Gauge,
    sign_ins: Family<SignInLabels, Counter>,
    refreshes: Family<Outcome, Counter>,
    orders: Family<Outcome, Counter>,
    streams: Gauge,
    received: Counter,
    sent: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests: Family<RequestLabels, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let (running, streams) = (Gauge::default(), Gauge::default());
        let (received, sent) = (Counter::default(), Counter::default());
        let (sign_ins, refreshes, orders) = (Family::default(), Family::default(), Family::default());
        let help = "Time from a request to the head of its answer";
        registry.register("http_request_seconds", help, requests.clone());
        registry.register("http_requests_running", "Requests without an answer yet", running.clone());
        registry.register("sign_ins", "Attempts to sign in, by way and outcome", sign_ins.clone());
        registry.register("token_refreshes", "Attempts to refresh a token, by outcome", refreshes.clone());
        registry.register(
            "capacity_requests",
            "Orders of nodes and their changes, by outcome",
            orders.clone(),
        );
        registry.register("gateway_streams", "Answers of nodes on their way to clients", streams.clone());
        let help = "Bytes of requests that went through the gateway";
        registry.register("gateway_received_bytes", help, received.clone());
        let help = "Bytes of answers that went through the gateway";
        registry.register("gateway_sent_bytes", help, sent.clone());
        Self { registry, requests, running, sign_ins, refreshes, orders, streams, received, sent }
    }
}

impl Metrics {
    /// A request began.
    pub fn begin(&self) {
        self.running.inc();
    }

    /// A request was answered.
    pub fn answered(
        &self,
        seen: &Seen,
        method: &Method,
        status: StatusCode,
        code: Option<ErrorCode>,
        took: Duration,
    ) {
        self.ended(seen.clone(), method, status_class(status), took);
        match outcomes::of(method, seen.route.as_str()) {
            Some(Event::SignIn(way)) => {
                self.sign_ins.get_or_create(&SignInLabels::new(way, status, code)).inc()
            }
            Some(Event::Refresh) => self.refreshes.get_or_create(&Outcome::new(status, code)).inc(),
            Some(Event::Order) => self.orders.get_or_create(&Outcome::new(status, code)).inc(),
            None => return,
        };
    }

    /// A client hung up before it was answered; nobody knows what the request was about.
    pub fn hung_up(&self, method: &Method, took: Duration) {
        let nothing = Seen { route: crate::http::Route::Fixed("{unanswered}"), organization: None };
        self.ended(nothing, method, "none", took);
    }

    fn ended(&self, seen: Seen, method: &Method, status: &'static str, took: Duration) {
        self.running.dec();
        let labels = RequestLabels::new(seen.route, method, status);
        self.requests.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// What counts the answers of nodes that are on their way.
    pub(crate) fn streams(&self) -> Gauge {
        self.streams.clone()
    }

    /// What counts the bytes that clients send to nodes.
    pub(crate) fn received(&self) -> Counter {
        self.received.clone()
    }

    /// What counts the bytes that nodes send to clients.
    pub(crate) fn sent(&self) -> Counter {
        self.sent.clone()
    }

    /// All of it as Prometheus reads it.
    pub(crate) fn text(&self) -> String {
        text_of(&self.registry)
    }
}

/// A registry as Prometheus reads it.
fn text_of(registry: &Registry) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = encode(&mut text, registry);
    text
}
