//! The stream of records that answers a request.
//!
//! Records go through a short queue, each as a piece of its own: a slow reader holds up whoever makes them,
//! and records of several makers never mix within one another. When the reader hangs up, every further
//! record is refused with [`Error::HungUp`], and [`Output::hung_up`] returns.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::announced::{Family, Kind, Level};
use crate::error::Error;
use crate::node::Node;
use crate::science::elevation::Elevation;

/// Records that wait for the reader at most.
const QUEUE: usize = 16;

/// Where the records of one request go.
#[derive(Clone, Debug)]
pub struct Output {
    node: Arc<Node>,
    records: mpsc::Sender<Bytes>,
}

impl Output {
    /// A new stream, and its other end. It ends when the last clone of the output is dropped.
    #[must_use]
    pub fn new(node: Arc<Node>) -> (Self, mpsc::Receiver<Bytes>) {
        let (records, reader) = mpsc::channel(QUEUE);
        (Self { node, records }, reader)
    }

    /// Sends one complete record.
    ///
    /// # Errors
    ///
    /// [`Error::HungUp`] once the reader is gone; so with the others below.
    pub async fn send(&self, record: Bytes) -> Result<(), Error> {
        self.records.send(record).await.map_err(|_| Error::HungUp)
    }

    /// Says how the request goes on, in the way of the announced release: an event, later a status exception.
    pub async fn progress(&self, text: &str) -> Result<(), Error> {
        let event = self.node.tell(Level::Info, text);
        self.send(match self.node.wire.family() {
            Family::V4_0 => self.node.wire.event(&event)?,
            Family::V4_20 => self.node.wire.exception(Kind::Status, Level::Info, text)?,
        })
        .await
    }

    /// Says what went wrong, or in a status exception what went well.
    pub async fn exception(&self, kind: Kind, level: Level, text: &str) -> Result<(), Error> {
        self.node.tell(level, text);
        self.send(self.node.wire.exception(kind, level, text)?).await
    }

    /// Sends elevations.
    pub async fn elevations(&self, rows: &[Elevation]) -> Result<(), Error> {
        self.send(self.node.wire.elevations(rows)?).await
    }

    /// Returns once the reader is gone.
    pub async fn hung_up(&self) {
        self.records.closed().await;
    }

    /// Whether the reader is gone.
    #[must_use]
    pub fn is_hung_up(&self) -> bool {
        self.records.is_closed()
    }
}
