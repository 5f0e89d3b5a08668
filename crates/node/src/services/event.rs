//! `/source/event`: what happens on this node, as `eventrec`, for as long as asked.
//!
//! `{"duration": seconds, "level": "INFO"}`. As on the real service everybody's requests are seen, and at
//! most ten minutes of them. The text formats of early releases are not offered.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;

use crate::announced::{Family, Kind, Level};
use crate::error::Error;
use crate::node::Node;
use crate::output::Output;

/// Longest time an event stream stays open, seconds.
const LONGEST: f64 = 600.0;

pub(super) async fn run(node: Arc<Node>, request: Value, output: Output) -> Result<(), Error> {
    if request.get("format").is_some() {
        let text = "this node sends events as records only: leave out `format`";
        return output.exception(Kind::Failure, Level::Error, text).await;
    }
    let least = request.get("level").and_then(Value::as_str).and_then(Level::named).unwrap_or(Level::Info);
    let default = match node.wire.family() {
        Family::V4_0 => 0.0,
        Family::V4_20 => LONGEST,
    };
    let seconds = request.get("duration").and_then(Value::as_f64).unwrap_or(default);
    let end = tokio::time::sleep(Duration::from_secs_f64(seconds.clamp(0.0, LONGEST)));
    tokio::pin!(end);
    let mut stopping = node.stopping.clone();
    let mut events = node.events();
    loop {
        let event = tokio::select! {
            () = &mut end => return Ok(()),
            () = output.hung_up() => return Err(Error::HungUp),
            // A node that is to end has no more events to wait for.
            _ = stopping.wait_for(|stopping| *stopping) => return Ok(()),
            event = events.recv() => event,
        };
        match event {
            Ok(event) if event.level >= least => output.send(node.wire.event(&event)?).await?,
            Ok(_) => {}
            Err(RecvError::Lagged(lost)) => {
                let text = format!("{lost} events were lost: the stream is read too slowly");
                output.send(node.wire.exception(Kind::Failure, Level::Warning, &text)?).await?;
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}
