//! The store as a model: what the SQL store must do, in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use sliderule_api::{MicroUsd, NodeId, OrganizationName};
use sliderule_control::{Clock, NewNode, Renewal, Store, StoreError};
use sliderule_provisioning::cluster::{Cluster, Limits, Moment, Node, NodeState, Request, Terms};
use sliderule_provisioning::money::{charge, extension, refund};

use crate::house::{NODE_HOUR, PausedClock};

#[derive(Default)]
struct State {
    clusters: BTreeMap<String, Cluster>,
    credited: BTreeMap<String, MicroUsd>,
    secrets: BTreeMap<NodeId, String>,
    failing: BTreeSet<String>,
    failed_rounds: BTreeSet<(String, Moment)>,
}

pub(crate) struct ModelStore {
    state: Mutex<State>,
    clock: PausedClock,
}

impl ModelStore {
    pub(crate) fn new(clock: PausedClock) -> Self {
        Self { state: Mutex::default(), clock }
    }

    /// An organization of at most ten nodes and 25 dollars.
    pub(crate) fn add(&self, name: &str) {
        let cluster = Cluster {
            organization: name.parse().unwrap(),
            limits: Limits { min_nodes: 0, max_nodes: 10 },
            version: "v4.0.4".parse().unwrap(),
            is_public: false,
            suspended: false,
            paused: false,
            failed_boots: 0,
            requests: Vec::new(),
            nodes: Vec::new(),
            balance: MicroUsd::ZERO,
            node_hour: NODE_HOUR,
        };
        self.state.lock().unwrap().clusters.insert(name.to_owned(), cluster);
        self.set_balance(name, MicroUsd(25_000_000));
    }

    /// `user` wants nodes for that many seconds from now.
    pub(crate) fn request(&self, name: &str, user: &str, nodes: u32, seconds: u64) {
        let expires_at = self.clock.now().after(Duration::from_secs(seconds));
        let request = Request { id: user.parse().unwrap(), user: user.parse().unwrap(), nodes, expires_at };
        self.change(name, |cluster| cluster.requests.push(request));
    }

    pub(crate) fn set_balance(&self, name: &str, balance: MicroUsd) {
        let spent = self.spent(name);
        self.change(name, |cluster| cluster.balance = balance);
        self.state.lock().unwrap().credited.insert(name.to_owned(), balance + spent);
    }

    pub(crate) fn balance(&self, name: &str) -> MicroUsd {
        self.change(name, |cluster| cluster.balance)
    }

    pub(crate) fn spent(&self, name: &str) -> MicroUsd {
        let balance = self.balance(name);
        self.state.lock().unwrap().credited.get(name).map_or(MicroUsd::ZERO, |&credited| credited - balance)
    }

    pub(crate) fn nodes(&self, name: &str) -> Vec<Node> {
        self.change(name, |cluster| cluster.nodes.clone())
    }

    pub(crate) fn failed_boots(&self, name: &str) -> u32 {
        self.change(name, |cluster| cluster.failed_boots)
    }

    /// Reading this organization's cluster fails from now on.
    pub(crate) fn fail_for(&self, name: &str) {
        self.state.lock().unwrap().failing.insert(name.to_owned());
    }

    pub(crate) fn ready(&self, id: &NodeId, address: &str) {
        self.change_of(id, |cluster, at| {
            let node = &mut cluster.nodes[at];
            if matches!(node.state, NodeState::Booting | NodeState::Ready) {
                node.state = NodeState::Ready;
                node.address = Some(address.to_owned());
            }
        });
    }

    pub(crate) fn renew(
        &self,
        id: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        lease: Duration,
    ) -> Renewal {
        let known = self.state.lock().unwrap().secrets.get(id).is_some_and(|known| known == secret_hash);
        let renewed = self.change_of(id, |cluster, at| {
            let node = &mut cluster.nodes[at];
            if !known || !matches!(node.state, NodeState::Booting | NodeState::Ready) {
                return Renewal::Refused;
            }
            let extended = extension(node.paid_until, now, lease);
            let price = charge(cluster.node_hour, extended.charged);
            if price > cluster.balance {
                return Renewal::Refused;
            }
            cluster.balance = cluster.balance - price;
            let is_first = node.paid_until <= node.created_at.after(lease);
            if node.state == NodeState::Ready && is_first && !extended.charged.is_zero() {
                cluster.failed_boots = 0;
            }
            node.paid_until = extended.paid_until;
            node.address = Some(address.to_owned());
            Renewal::Granted { paid_until: node.paid_until }
        });
        renewed.unwrap_or(Renewal::Refused)
    }

    fn change<T>(&self, name: &str, change: impl FnOnce(&mut Cluster) -> T) -> T {
        change(self.state.lock().unwrap().clusters.get_mut(name).unwrap())
    }

    /// Changes the cluster a node belongs to; `None` if the node is gone or unknown.
    fn change_of<T>(&self, id: &NodeId, change: impl FnOnce(&mut Cluster, usize) -> T) -> Option<T> {
        let mut state = self.state.lock().unwrap();
        state
            .clusters
            .values_mut()
            .find_map(|cluster| {
                let at = cluster.nodes.iter().position(|node| node.id == *id)?;
                Some((cluster, at))
            })
            .map(|(cluster, at)| change(cluster, at))
    }

    fn set_state(&self, id: &NodeId, state: NodeState) {
        self.change_of(id, |cluster, at| cluster.nodes[at].state = state);
    }
}

#[async_trait]
impl Store for ModelStore {
    async fn organizations(&self) -> Result<Vec<OrganizationName>, StoreError> {
        Ok(self.state.lock().unwrap().clusters.values().map(|cluster| cluster.organization.clone()).collect())
    }

    async fn cluster(&self, organization: &OrganizationName) -> Result<Option<Cluster>, StoreError> {
        let state = self.state.lock().unwrap();
        if state.failing.contains(organization.as_str()) {
            return Err(StoreError { doing: "read a cluster", source: "as the test wants it".into() });
        }
        Ok(state.clusters.get(organization.as_str()).cloned())
    }

    async fn begin_node(&self, new: &NewNode) -> Result<bool, StoreError> {
        self.state.lock().unwrap().secrets.insert(new.id.clone(), new.secret_hash.clone());
        Ok(self.change(new.organization.as_str(), |cluster| {
            let covered = new.price <= cluster.balance;
            if covered {
                cluster.balance = cluster.balance - new.price;
                cluster.nodes.push(Node {
                    id: new.id.clone(),
                    state: NodeState::Booting,
                    version: new.version,
                    address: None,
                    created_at: new.created_at,
                    paid_until: new.paid_until,
                });
            }
            covered
        }))
    }

    async fn node_ready(&self, node: &NodeId, address: &str) -> Result<(), StoreError> {
        self.ready(node, address);
        Ok(())
    }

    async fn node_draining(&self, node: &NodeId) -> Result<(), StoreError> {
        self.set_state(node, NodeState::Draining);
        Ok(())
    }

    async fn node_stopping(&self, node: &NodeId) -> Result<(), StoreError> {
        self.set_state(node, NodeState::Stopping);
        Ok(())
    }

    async fn node_gone(
        &self,
        node: &NodeId,
        gone_at: Moment,
        terms: Terms,
        failed: bool,
    ) -> Result<(), StoreError> {
        let born = self.change_of(node, |cluster, at| {
            let Node { created_at, paid_until, .. } = cluster.nodes.remove(at);
            let back = refund(cluster.node_hour, created_at, paid_until, terms, gone_at);
            cluster.balance = cluster.balance + back;
            (cluster.organization.as_str().to_owned(), created_at)
        });
        if let Some((organization, created_at)) = born
            && failed
            && self.state.lock().unwrap().failed_rounds.insert((organization.clone(), created_at))
        {
            self.change(&organization, |cluster| cluster.failed_boots += 1);
        }
        Ok(())
    }

    async fn renew_lease(
        &self,
        node: &NodeId,
        secret_hash: &str,
        address: &str,
        now: Moment,
        lease: Duration,
    ) -> Result<Renewal, StoreError> {
        Ok(self.renew(node, secret_hash, address, now, lease))
    }
}
