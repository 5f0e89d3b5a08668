//! A stream straight from a node, which no gateway's death can break.

use std::time::Duration;

use serde_json::json;
use sliderule_records::{Decoder, Item};
use tokio::task::JoinHandle;

use super::processes;
use super::world::World;

const GRANULES: [&str; 2] =
    ["ATL03_20200304065203_10470607_003_01.h5", "ATL03_20200305062606_10620607_003_01.h5"];

/// How long a stream is left unread between two pieces, so that it is still under way when the server dies.
const PAUSE: Duration = Duration::from_millis(40);

/// A stream under way.
pub(crate) struct Stream {
    /// The node that sends it.
    pub(crate) node: String,
    rows: JoinHandle<Result<usize, String>>,
}

impl Stream {
    /// Begins to read from `node` at `address`; when this returns, the answer has begun.
    pub(crate) async fn begin(world: &World, node: &str, address: &str) -> Option<Self> {
        let http = world.http.clone();
        let request = http
            .post(format!("{address}/source/atl06p"))
            .json(&json!({ "resources": GRANULES, "parms": {} }));
        let response = request.send().await.ok()?;
        let source = format!("{address}/source/definition");
        let rows = tokio::spawn(async move { read(&http, &source, response).await });
        Some(Self { node: node.to_owned(), rows })
    }

    /// Whether there is more to come.
    pub(crate) fn is_under_way(&self) -> bool {
        !self.rows.is_finished()
    }

    /// Reads to the end. The number of rows, or how the stream broke.
    pub(crate) async fn finish(self) -> Result<usize, String> {
        self.rows.await.unwrap()
    }
}

/// Reads slowly, as a client does that works on what it gets.
async fn read(
    http: &reqwest::Client,
    definitions: &str,
    mut response: reqwest::Response,
) -> Result<usize, String> {
    let (mut decoder, mut items) = (Decoder::default(), Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| format!("broke off: {error:?}"))? {
        items.extend(decoder.push(&chunk).map_err(|error| error.to_string())?);
        while let Some(name) = decoder.needs().pop() {
            let asked = http.post(definitions).header("x-sliderule-streaming", "0");
            let asked = asked.json(&json!({ "rectype": name })).send().await;
            let text = asked.map_err(|error| error.to_string())?.text().await;
            let text = text.map_err(|error| error.to_string())?;
            items.extend(decoder.define(&name, &text).map_err(|error| error.to_string())?);
        }
        tokio::time::sleep(PAUSE).await;
    }
    decoder.finish().map_err(|error| error.to_string())?;
    let rows = |item: &Item| if let Item::Batch(batch) = item { batch.length } else { 0 };
    Ok(items.iter().map(rows).sum())
}

/// Where the program of `node` listens, as its runner wrote it down.
pub(crate) fn address(world: &World, node: &str) -> Option<String> {
    let text = std::fs::read(world.folder_of(node).join("node.json")).ok()?;
    let running: serde_json::Value = serde_json::from_slice(&text).ok()?;
    Some(running["address"].as_str()?.to_owned())
}

/// A stream from each node that runs and answers.
pub(crate) async fn from_each(world: &World) -> Vec<Stream> {
    let mut streams = Vec::new();
    for node in processes::of(world.data()).keys() {
        if let Some(address) = address(world, node) {
            streams.extend(Stream::begin(world, node, &address).await);
        }
    }
    streams
}
