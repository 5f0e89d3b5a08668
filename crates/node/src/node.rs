//! What all requests of a node share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use jiff::Timestamp;
use tokio::sync::{Semaphore, broadcast, watch};
use tracing::{debug, error, info, warn};

use crate::announced::{Identity, Level};
use crate::clock::gps_ms;
use crate::orchestrator::Orchestrator;
use crate::peer::Peers;
use crate::wire::{Event, Wire};

/// Events that a slow listener may lag behind before it loses some.
const EVENTS_KEPT: usize = 256;

/// A running node.
#[derive(Debug)]
pub struct Node {
    /// What it says about itself.
    pub identity: Identity,
    /// `http://ip:port` under which others reach it.
    pub address: String,
    /// Makes its records.
    pub wire: Wire,
    /// Where to ask for help, if it is part of a cluster.
    pub orchestrator: Option<Orchestrator>,
    /// Reaches other nodes.
    pub peers: Peers,
    /// One permit for each core: fits wait here, so that many requests do not crowd each other out.
    pub cores: Arc<Semaphore>,
    /// True once the node is to end.
    pub stopping: watch::Receiver<bool>,
    /// How many streams are being made. The node ends when it is zero.
    pub running: watch::Sender<usize>,
    events: broadcast::Sender<Event>,
    started: Instant,
    requests: AtomicU64,
}

/// What a node is made of; the rest it makes itself.
#[derive(Debug)]
pub struct Parts {
    /// See [`Node`].
    pub identity: Identity,
    /// See [`Node`].
    pub address: String,
    /// See [`Node`].
    pub wire: Wire,
    /// See [`Node`].
    pub orchestrator: Option<Orchestrator>,
    /// See [`Node`].
    pub peers: Peers,
    /// Fits that may run at the same time.
    pub cores: usize,
    /// See [`Node`].
    pub stopping: watch::Receiver<bool>,
}

impl Node {
    /// A node that has done nothing yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { identity, address, wire, orchestrator, peers, cores, stopping } = parts;
        Self {
            identity,
            address,
            wire,
            orchestrator,
            peers,
            cores: Arc::new(Semaphore::new(cores)),
            stopping,
            running: watch::Sender::new(0),
            events: broadcast::Sender::new(EVENTS_KEPT),
            started: Instant::now(),
            requests: AtomicU64::new(0),
        }
    }

    /// How long the node has been running.
    #[must_use]
    pub fn up(&self) -> std::time::Duration {
        self.started.elapsed()
    }

    /// A name for a new request, unique on this node.
    pub fn request_name(&self) -> String {
        format!("AppServer.{}", self.requests.fetch_add(1, Ordering::Relaxed))
    }

    /// Says what happened to the log and to whoever listens to `/source/event`.
    pub fn tell(&self, level: Level, text: &str) -> Event {
        // Names of granules come from outside and may hold anything.
        let line = text.escape_debug();
        match level {
            Level::Debug => debug!("{line}"),
            Level::Info => info!("{line}"),
            Level::Warning => warn!("{line}"),
            Level::Error | Level::Critical => error!("{line}"),
        }
        let event =
            Event { gps_ms: gps_ms(Timestamp::now()), level, source: "sendlog", text: text.to_owned() };
        // Nobody listening is no failure.
        let _listeners = self.events.send(event.clone());
        event
    }

    /// What happens from now on.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}
