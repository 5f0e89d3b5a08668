//! What is between a server and everything else: each call may be slow, fail, or be the last thing that the server
//! does, before it is carried out or between that and its answer.

use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use sliderule_api::{NodeId, OrganizationName};
use sliderule_control::store::{Changed, Decide, Epoch, Store, StoreError, Writer};
use sliderule_engines::{ClusterEngine, EngineError, Listing, NodeSpec};
use sliderule_provisioning::cluster::Cluster;
use sliderule_provisioning::time::{Moment, Terms};

use crate::book::Shared;
use crate::kinds::Kind;
use crate::poll::{Held, Hold, hold};
use crate::weather::Weather;

/// The points at which a server is held up.
#[derive(Clone)]
pub struct Points {
    /// Where word is left.
    pub held: Held,
    /// What goes wrong.
    pub weather: Weather,
    /// What time it is.
    pub shared: Shared,
}

impl Points {
    async fn pass(&self) {
        let now = self.shared.book().now;
        if self.weather.strikes(Kind::Crash, now) {
            hold(&self.held, Hold::Crashed).await;
        }
        if self.weather.strikes(Kind::Slow, now) {
            hold(&self.held, Hold::Until(now.after(self.weather.delay(now)))).await;
        }
    }

    fn store(&self, doing: &'static str) -> Result<(), StoreError> {
        let now = self.shared.book().now;
        match self.weather.strikes(Kind::StoreFails, now) {
            true => {
                Err(StoreError::Failed { doing, source: Box::new(io::Error::from(io::ErrorKind::Other)) })
            }
            false => Ok(()),
        }
    }
}

/// A server's store.
pub struct WiredStore {
    store: Arc<dyn Store>,
    points: Points,
}

impl WiredStore {
    /// In front of `store`.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, points: Points) -> Self {
        Self { store, points }
    }
}

#[async_trait]
impl Store for WiredStore {
    async fn begin_epoch(&self) -> Result<Epoch, StoreError> {
        self.store.begin_epoch().await
    }

    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        self.points.store("listed organizations")?;
        self.store.organizations().await
    }

    async fn busy(&self, now: Moment) -> Result<Vec<OrganizationName>, StoreError> {
        self.points.store("listed busy organizations")?;
        self.store.busy(now).await
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        self.points.store("read a cluster")?;
        self.store.cluster(organization).await
    }

    async fn change(
        &self,
        writer: Writer,
        organizations: &[OrganizationName],
        decide: &mut Decide<'_>,
    ) -> Result<Vec<Changed>, StoreError> {
        self.points.pass().await;
        self.points.store("began to change clusters")?;
        let changed = self.store.change(writer, organizations, decide).await?;
        self.points.pass().await;
        // What was made stays made, although nobody hears of it.
        self.points.store("said what it changed")?;
        Ok(changed)
    }
}

/// A server's engine.
pub struct WiredEngine<E> {
    engine: E,
    points: Points,
}

impl<E> WiredEngine<E> {
    /// In front of `engine`.
    #[must_use]
    pub fn new(engine: E, points: Points) -> Self {
        Self { engine, points }
    }

    fn said(&self, organization: Option<&OrganizationName>, what: impl FnOnce() -> String) {
        if let Some(organization) = organization {
            self.points.shared.book().said(organization, what);
        }
    }
}

#[async_trait]
impl<E: ClusterEngine> ClusterEngine for WiredEngine<E> {
    fn terms(&self) -> Terms {
        self.engine.terms()
    }

    async fn launch(&self, spec: &NodeSpec) -> Result<(), EngineError> {
        self.points.pass().await;
        let outcome = self.engine.launch(spec).await;
        self.said(Some(&spec.organization), || format!("launch {}: {outcome:?}", spec.id));
        self.points.pass().await;
        outcome
    }

    async fn list(&self) -> Result<Listing, EngineError> {
        self.points.pass().await;
        let listing = self.engine.list().await;
        self.points.pass().await;
        listing
    }

    async fn terminate(&self, id: &NodeId) -> Result<(), EngineError> {
        self.points.pass().await;
        let outcome = self.engine.terminate(id).await;
        let owner = self.points.shared.book().owner(id);
        self.said(owner.as_ref(), || format!("terminate {id}: {outcome:?}"));
        self.points.pass().await;
        outcome
    }

    async fn kill(&self, id: &NodeId) -> Result<(), EngineError> {
        self.points.pass().await;
        let outcome = self.engine.kill(id).await;
        let owner = self.points.shared.book().owner(id);
        self.said(owner.as_ref(), || format!("kill {id}: {outcome:?}"));
        self.points.pass().await;
        outcome
    }
}
