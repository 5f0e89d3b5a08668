//! The services under `/source/`, one per file: the node's table of contents.
//!
//! There are two kinds. A plain service answers one JSON text. A stream service answers records for as
//! long as it works. Which kind is wanted is said by the request, not by the service (see [`crate::http`]):
//! asked in the wrong way, a plain service streams nothing and a stream service has no result.

mod atl06;
mod atl06p;
mod event;

use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock;
use crate::error::Error;
use crate::node::Node;
use crate::output::Output;

/// A stream service at work.
pub type Work = Pin<Box<dyn Future<Output = Result<(), Error>> + Send>>;

/// A service.
#[derive(Clone, Copy)]
pub enum Service {
    /// Answers one JSON text, or nothing.
    Plain(fn(&Node, &Value) -> Option<Value>),
    /// Answers records.
    Stream(fn(Arc<Node>, Value, Output) -> Work),
}

/// The service of that name.
#[must_use]
pub fn find(name: &str) -> Option<Service> {
    Some(match name {
        "version" => Service::Plain(|node, _| Some(node.identity.version(node.up()))),
        "definition" => Service::Plain(definition),
        "time" => Service::Plain(|_, request| clock::convert(request, Timestamp::now())),
        "health" => Service::Plain(|_, _| Some(json!({"healthy": true}))),
        "event" => Service::Stream(|node, request, output| Box::pin(event::run(node, request, output))),
        "atl06" => Service::Stream(|node, request, output| Box::pin(atl06::run(node, request, output))),
        "atl06p" => Service::Stream(|node, request, output| Box::pin(atl06p::run(node, request, output))),
        _ => return None,
    })
}

/// `{"rectype": name}`: how records of that type are laid out; `null` for one that this node never sends.
fn definition(node: &Node, request: &Value) -> Option<Value> {
    Some(node.wire.definition(request.get("rectype")?.as_str()?))
}
