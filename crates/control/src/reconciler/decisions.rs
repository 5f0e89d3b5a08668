//! The looks of one round, in few transactions.

use std::collections::{BTreeMap, BTreeSet};

use sliderule_api::{NodeId, OrganizationName};
use sliderule_provisioning::change::{Change, NoticeKind};
use sliderule_provisioning::cluster::{Cluster, NodeState};
use sliderule_provisioning::look::{Seen, Sight, look};
use sliderule_provisioning::step::Effect;
use sliderule_provisioning::time::Moment;

use super::{Fenced, Reconciler};
use crate::crash;
use crate::listed::Listed;
use crate::memory::Memory;
use crate::store::{StoreError, Writer};

/// How many organizations share a transaction.
const TOGETHER: usize = 256;

/// How many transactions of one round may fail before what is left is put off. One organization that cannot be
/// read or written takes some twice eight of them to find; more means that the store is gone.
const PATIENCE: usize = 40;

/// What the clusters are wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Whatever their requests say.
    AsAsked,
    /// Nothing: the system stops.
    Nothing,
}

/// What came of the looks of one round.
#[derive(Debug, Default)]
pub(super) struct Round {
    /// By organization.
    pub(super) looks: BTreeMap<OrganizationName, Look>,
    /// Organizations that the store does not know.
    pub(super) unknown: BTreeSet<OrganizationName>,
    /// Organizations at which the look failed; nothing was done about them.
    pub(super) failed: BTreeSet<OrganizationName>,
}

/// What came of one look.
#[derive(Debug)]
pub(super) struct Look {
    changes: Vec<Change>,
    effects: Vec<Effect>,
    /// Addresses of running nodes that an earlier process left.
    adopt: Vec<(NodeId, String)>,
    pub(super) next_wake: Option<Moment>,
    /// The nodes that were recorded before it.
    pub(super) recorded: BTreeSet<NodeId>,
}

impl Look {
    /// The nodes that are recorded after it.
    pub(super) fn left(&self) -> BTreeSet<&NodeId> {
        let mut left: BTreeSet<&NodeId> = self.recorded.iter().collect();
        for change in &self.changes {
            match change {
                Change::Begin(node) => {
                    left.insert(&node.id);
                }
                Change::Gone { node, .. } => {
                    left.remove(node);
                }
                _ => {}
            }
        }
        left
    }
}

impl Round {
    /// What is to be done, by organization.
    pub(super) fn effects(&self) -> BTreeMap<OrganizationName, Vec<Effect>> {
        self.looks.iter().map(|(organization, look)| (organization.clone(), look.effects.clone())).collect()
    }
}

impl Reconciler {
    /// Looks at each organization and commits what is decided; effects are not carried out. Where a transaction
    /// fails, its organizations are tried in halves, so that one of them does not keep the others from changing.
    pub(super) async fn round(
        &self,
        organizations: &BTreeSet<OrganizationName>,
        listed: &Listed,
        wanted: Wanted,
        memory: &mut Memory,
    ) -> Result<Round, Fenced> {
        let organizations: Vec<OrganizationName> = organizations.iter().cloned().collect();
        let mut left: Vec<&[OrganizationName]> = organizations.chunks(TOGETHER).rev().collect();
        let (mut round, mut failures) = (Round::default(), 0);
        while let Some(together) = left.pop() {
            let Err(error) = self.decide_together(together, listed, wanted, memory, &mut round).await else {
                continue;
            };
            if matches!(error, StoreError::Fenced) {
                return Err(Fenced);
            }
            failures += 1;
            match together {
                [_, _, ..] if failures < PATIENCE => {
                    let (first, second) = together.split_at(together.len() / 2);
                    left.extend([second, first]);
                }
                _ => {
                    for organization in together {
                        tracing::error!(%organization, %error, "a cluster could not be looked at; it is tried again");
                    }
                    round.failed.extend(together.iter().cloned());
                }
            }
        }
        Ok(round)
    }

    /// Looks at each organization in one transaction, and adds to `round` what came of it.
    pub(super) async fn decide_together(
        &self,
        organizations: &[OrganizationName],
        listed: &Listed,
        wanted: Wanted,
        memory: &mut Memory,
        round: &mut Round,
    ) -> Result<(), StoreError> {
        let mut looks = BTreeMap::new();
        let decide = &mut |cluster: &Cluster| {
            let look = self.look(cluster, listed, wanted, memory);
            let changes = look.changes.clone();
            looks.insert(cluster.organization.clone(), look);
            changes
        };
        let writer = Writer::Server(self.plane.epoch);
        let changed = self.plane.store.change(writer, organizations, decide).await?;
        if looks.values().any(|look| !look.changes.is_empty()) {
            crash::point("commit");
        }
        round.unknown.extend(organizations.iter().cloned());
        for made in changed {
            let organization = made.organization;
            round.unknown.remove(&organization);
            match (made.outcome, looks.remove(&organization)) {
                (Ok(()), Some(look)) => {
                    tell(&organization, &look.changes);
                    self.adopt(&organization, &look, memory);
                    round.looks.insert(organization, look);
                }
                (Err(breach), _) => {
                    tracing::error!(%organization, %breach, "a decision breaks a rule of the store; nothing is done");
                    round.failed.insert(organization);
                }
                // A store that changed something without asking is none.
                (Ok(()), None) => {}
            }
        }
        Ok(())
    }

    /// Decides about one cluster on its latest state.
    fn look(&self, cluster: &Cluster, listed: &Listed, wanted: Wanted, memory: &mut Memory) -> Look {
        let plane = self.plane();
        let organization = &cluster.organization;
        let (now, mut sight) = (plane.clock.now(), listed.sight(cluster));
        let ready = ready(cluster, &sight);
        let mut adopt = Vec::new();
        if memory.has_adopted(organization) {
            let away = ready.filter(|(_, address)| !plane.traffic.is_member(organization, address));
            let away: Vec<NodeId> = away.map(|(id, _)| id.clone()).collect();
            for lost in memory.lost(organization, away.into_iter(), now, plane.policy.terms) {
                tracing::warn!(%organization, node = %lost, "a ready node does not register any more; it is replaced");
                // Whose runner is gone is not waited for.
                sight.nodes.entry(lost).and_modify(|seen| {
                    if *seen == Seen::Leased {
                        *seen = Seen::Lost;
                    }
                });
            }
        } else {
            adopt = ready.map(|(id, address)| (id.clone(), address.to_owned())).collect();
        }
        // In this copy only: nothing is wanted of a suspended cluster, whatever is asked of it.
        let unwanted = (wanted == Wanted::Nothing).then(|| Cluster { suspended: true, ..cluster.clone() });
        let step =
            look(unwanted.as_ref().unwrap_or(cluster), &sight, now, &plane.policy, &mut || (plane.draw)());
        Look {
            changes: step.changes,
            effects: step.effects,
            adopt,
            next_wake: step.next_wake,
            recorded: cluster.nodes.iter().map(|node| node.id.clone()).collect(),
        }
    }

    /// Nodes that an earlier process left ready serve at once, before they register anew.
    fn adopt(&self, organization: &OrganizationName, look: &Look, memory: &mut Memory) {
        for (node, address) in &look.adopt {
            tracing::info!(%organization, %node, "adopted a running node");
            self.plane.traffic.admit(organization, address);
        }
        memory.adopted(organization);
    }
}

/// The cluster's nodes that are recorded as ready and exist, and where.
fn ready<'a>(cluster: &'a Cluster, sight: &Sight) -> impl Iterator<Item = (&'a NodeId, &'a str)> {
    let is_ready = |node: &&'a sliderule_provisioning::cluster::Node| {
        node.state == NodeState::Ready && sight.nodes.contains_key(&node.id)
    };
    cluster.nodes.iter().filter(is_ready).filter_map(|node| Some((&node.id, node.address.as_deref()?)))
}

/// What was committed, for operators.
fn tell(organization: &OrganizationName, changes: &[Change]) {
    for change in changes {
        match change {
            Change::Begin(node) => {
                tracing::info!(%organization, node = %node.id, version = %node.version, "launching a node");
            }
            Change::Gone { node, failed_boot, .. } => {
                tracing::info!(%organization, %node, failed_boot, "a node is gone");
            }
            Change::Move { node, state, .. } => {
                tracing::info!(%organization, %node, ?state, "a node moved on")
            }
            Change::Notify(notice) => {
                let (kind, message) = (notice.kind.as_str(), &notice.message);
                if matches!(notice.kind, NoticeKind::NodeOverrun | NoticeKind::OrphanKilled) {
                    tracing::warn!(%organization, kind, message);
                } else {
                    tracing::info!(%organization, kind, message);
                }
            }
            _ => {}
        }
    }
}
