//! What every engine must do, as a suite that the tests of each engine call.
//!
//! It needs a real engine and somebody who grants leases; see [`Stage`]. A violation is a sentence.

use std::future::Future;
use std::time::Duration;

use sliderule_api::NodeId;
use tokio::time::{Instant, sleep};

use crate::engine::{ClusterEngine, EngineError, ListedNode, NodeSpec};

/// What the suite runs on.
pub trait Stage: Sync {
    /// The engine, with no nodes.
    fn engine(&self) -> &dyn ClusterEngine;

    /// A node of a new id that gets a lease whenever its runner asks, until [`refuse`](Self::refuse).
    fn spec(&self) -> NodeSpec;

    /// From now on the node gets no lease.
    fn refuse(&self, node: &NodeId);
}

/// What an engine did that it must not do.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// The rule that was broken.
    #[error("{0}")]
    Broken(&'static str),
    /// An operation failed.
    #[error(transparent)]
    Failed(#[from] EngineError),
}

/// Runs the whole suite.
///
/// # Errors
/// The first violation. Nodes may be left then.
pub async fn check(stage: &impl Stage) -> Result<(), Violation> {
    launching_twice_makes_one_node(stage).await?;
    a_terminated_node_ends_and_stays_ended(stage).await?;
    a_killed_node_ends(stage).await?;
    a_node_without_a_lease_ends_by_itself(stage).await?;
    ending_what_does_not_exist_succeeds(stage).await
}

async fn launching_twice_makes_one_node(stage: &impl Stage) -> Result<(), Violation> {
    let (engine, spec) = (stage.engine(), stage.spec());
    engine.launch(&spec).await?;
    let listed =
        listed(engine, &spec.id).await?.ok_or(Violation::Broken("a launched node was not listed"))?;
    require(
        listed.organization.as_ref() == Some(&spec.organization),
        "a node was listed for another organization",
    )?;
    let address = address(engine, &spec.id).await?;
    engine.launch(&spec).await?;
    let copies = engine.list().await?.nodes.into_iter().filter(|node| node.id == spec.id).count();
    require(copies == 1, "a second launch with the same id made a second node")?;
    require(address == self::address(engine, &spec.id).await?, "a second launch replaced the node")?;
    engine.kill(&spec.id).await?;
    ends(stage, &spec.id, "a killed node stayed").await
}

async fn a_terminated_node_ends_and_stays_ended(stage: &impl Stage) -> Result<(), Violation> {
    let (engine, spec) = (stage.engine(), stage.spec());
    engine.launch(&spec).await?;
    address(engine, &spec.id).await?;
    engine.terminate(&spec.id).await?;
    engine.terminate(&spec.id).await?;
    ends(stage, &spec.id, "a terminated node outlived its tail").await?;
    engine.launch(&spec).await?;
    require(listed(engine, &spec.id).await?.is_none(), "the id of a node that ended was launched again")
}

async fn a_killed_node_ends(stage: &impl Stage) -> Result<(), Violation> {
    let (engine, spec) = (stage.engine(), stage.spec());
    engine.launch(&spec).await?;
    // Killed at whatever point of its start it is: the operation is repeated until it worked.
    until(Duration::from_secs(20), "a node killed while it started stayed", || async {
        engine.kill(&spec.id).await?;
        Ok(listed(engine, &spec.id).await?.is_none().then_some(()))
    })
    .await
}

async fn a_node_without_a_lease_ends_by_itself(stage: &impl Stage) -> Result<(), Violation> {
    let (engine, spec) = (stage.engine(), stage.spec());
    engine.launch(&spec).await?;
    address(engine, &spec.id).await?;
    stage.refuse(&spec.id);
    ends(stage, &spec.id, "a node ran on without a lease").await
}

async fn ending_what_does_not_exist_succeeds(stage: &impl Stage) -> Result<(), Violation> {
    let stranger = stage.spec().id;
    stage.engine().terminate(&stranger).await?;
    stage.engine().kill(&stranger).await?;
    require(listed(stage.engine(), &stranger).await?.is_none(), "a node appeared that was never launched")
}

async fn listed(engine: &dyn ClusterEngine, id: &NodeId) -> Result<Option<ListedNode>, EngineError> {
    Ok(engine.list().await?.nodes.into_iter().find(|node| node.id == *id))
}

async fn address(engine: &dyn ClusterEngine, id: &NodeId) -> Result<String, Violation> {
    until(engine.terms().boot + Duration::from_secs(10), "a launched node got no address", || async {
        Ok(listed(engine, id).await?.and_then(|node| node.address))
    })
    .await
}

/// Waits as long as a lease and a tail take, and a margin for a busy machine.
async fn ends(stage: &impl Stage, id: &NodeId, otherwise: &'static str) -> Result<(), Violation> {
    let terms = stage.engine().terms();
    until(terms.lease + terms.tail + Duration::from_secs(10), otherwise, || async {
        Ok(listed(stage.engine(), id).await?.is_none().then_some(()))
    })
    .await
}

async fn until<T, F: Future<Output = Result<Option<T>, EngineError>>>(
    patience: Duration,
    otherwise: &'static str,
    mut attempt: impl FnMut() -> F,
) -> Result<T, Violation> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(found) = attempt().await? {
            return Ok(found);
        }
        if Instant::now() > deadline {
            return Err(Violation::Broken(otherwise));
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn require(holds: bool, otherwise: &'static str) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::Broken(otherwise)) }
}
