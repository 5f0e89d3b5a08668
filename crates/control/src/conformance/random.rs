//! Random decisions: every kind of change, good and bad, in any order, must do what `Cluster::apply` does.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use sliderule_api::{MicroUsd, OrganizationName, ReleaseVersion, UserName};
use sliderule_provisioning::account::{
    Allowance, Entry, Month, Payer, Posting, Prices, Reservation, Warning,
};
use sliderule_provisioning::change::{Breach, Change, Notice, NoticeKind};
use sliderule_provisioning::cluster::{Cluster, Limits, Node, NodeState, Request, Trouble};
use sliderule_provisioning::meter::Meter;
use sliderule_provisioning::time::Moment;

use super::{NOW, Suite, Violation, blank, broken, require, user};
use crate::store::Writer;

/// Decisions about each organization.
const ROUNDS: u32 = 120;

pub(super) async fn check(suite: &Suite<'_>, seed: u64) -> Result<(), Violation> {
    let mut chance = Chance { rng: StdRng::seed_from_u64(seed), suite };
    let mut expected: BTreeMap<OrganizationName, Cluster> = BTreeMap::new();
    for _ in 0..3 {
        let organization = suite.organization().await?;
        expected.insert(organization.clone(), blank(&organization));
    }
    let organizations: Vec<OrganizationName> = expected.keys().cloned().collect();
    for _ in 0..ROUNDS {
        let mut decided: BTreeMap<OrganizationName, Decision> = BTreeMap::new();
        for cluster in expected.values_mut() {
            let decision = chance.decision(cluster)?;
            cluster.clone_from(&decision.after);
            decided.insert(cluster.organization.clone(), decision);
        }
        let decide = &mut |cluster: &Cluster| {
            decided.get(&cluster.organization).map(|decision| decision.changes.clone()).unwrap_or_default()
        };
        let changed = suite.store().change(Writer::Operator, &organizations, decide).await?;
        require(changed.len() == organizations.len(), || "an organization was left out".to_owned())?;
        for made in changed {
            let Some(Decision { changes, outcome, after }) = decided.get(&made.organization) else {
                return Err(broken("an organization changed that nobody named"));
            };
            require(made.outcome == *outcome, || {
                format!("{changes:?} came to {:?} instead of {outcome:?}", made.outcome)
            })?;
            let found = suite.cluster(&made.organization).await?;
            require(found == *after, || format!("{changes:?} left {found:#?} instead of {after:#?}"))?;
        }
    }
    Ok(())
}

/// Changes in a row, what must become of them, and of the cluster.
struct Decision {
    changes: Vec<Change>,
    outcome: Result<(), Breach>,
    after: Cluster,
}

/// Draws changes.
struct Chance<'a> {
    rng: StdRng,
    suite: &'a Suite<'a>,
}

impl Chance<'_> {
    /// Up to five changes in a row; one that breaks a rule is the last.
    fn decision(&mut self, cluster: &Cluster) -> Result<Decision, Violation> {
        let (mut after, mut changes) = (cluster.clone(), Vec::new());
        for _ in 0..self.rng.random_range(0..=5) {
            let change = self.change(&after)?;
            changes.push(change.clone());
            if let Err(breach) = after.apply(&change) {
                return Ok(Decision { changes, outcome: Err(breach), after: cluster.clone() });
            }
        }
        Ok(Decision { changes, outcome: Ok(()), after })
    }

    fn change(&mut self, cluster: &Cluster) -> Result<Change, Violation> {
        Ok(match self.rng.random_range(0..25) {
            0..=1 => Change::Place {
                request: Request {
                    id: self.suite.id("request")?,
                    user: self.user()?,
                    nodes: self.rng.random_range(1..20),
                    created_at: self.moment(),
                    expires_at: self.moment(),
                },
                cost: self.money(0),
            },
            2 => Change::Keyed {
                user: self.user()?,
                key: self.suite.id("key")?,
                order: "nodes".to_owned(),
                request: match cluster.requests.choose(&mut self.rng) {
                    Some(request) => request.id.clone(),
                    None => return Ok(Change::Paused(self.rng.random())),
                },
            },
            3 => match cluster.requests.choose(&mut self.rng) {
                Some(request) => Change::Alter {
                    id: request.id.clone(),
                    nodes: self.rng.random_range(1..20),
                    created_at: self.moment(),
                    expires_at: self.moment(),
                },
                None => Change::Close { id: self.suite.id("request")?, at: NOW },
            },
            4 => match cluster.requests.choose(&mut self.rng) {
                Some(request) => Change::Close { id: request.id.clone(), at: self.moment() },
                None => Change::Paused(self.rng.random()),
            },
            5..=6 => Change::Begin(Node {
                id: self.suite.id("node")?,
                state: NodeState::Booting,
                version: self.version(),
                address: None,
                ready_at: None,
                meter: self.meter(),
            }),
            7..=8 => match cluster.nodes.choose(&mut self.rng) {
                Some(node) => Change::Move {
                    node: node.id.clone(),
                    state: self.state(),
                    address: self.maybe(|_| format!("http://127.0.0.1:1/{}", node.id)),
                    ready_at: self.maybe(Self::moment),
                },
                None => Change::Gone { node: self.suite.id("node")?, at: NOW, failed_boot: true },
            },
            9 => match cluster.nodes.choose(&mut self.rng) {
                Some(node) => Change::Meter { node: node.id.clone(), meter: self.meter() },
                None => Change::Fixed(self.maybe(Self::meter)),
            },
            10 => match cluster.nodes.choose(&mut self.rng) {
                Some(node) => {
                    Change::Gone { node: node.id.clone(), at: self.moment(), failed_boot: self.rng.random() }
                }
                None => Change::Fixed(None),
            },
            11 => Change::Fixed(self.maybe(Self::meter)),
            12 => {
                Change::FailedBoots { rounds: self.rng.random_range(0..12), latest: self.maybe(Self::moment) }
            }
            13 => Change::Trouble(
                self.maybe(|chance| Trouble { at: chance.moment(), what: "It's \"odd\"".to_owned() }),
            ),
            14 => Change::Paused(self.rng.random()),
            15 => Change::Suspended(self.rng.random()),
            16 => Change::Pin(self.version()),
            17 => {
                let max_nodes = self.rng.random_range(0..2000);
                let min_nodes = self.rng.random_range(0..=max_nodes);
                Change::Limit(Limits {
                    min_nodes,
                    max_nodes,
                    per_user: self.maybe(|chance| chance.rng.random_range(0..50)),
                })
            }
            18 => Change::Reprice(Prices { node_hour: self.money(0), fixed_hour: self.money(0) }),
            19 => Change::Allow(Allowance {
                monthly: self.money(0),
                cap: self.maybe(|chance| chance.money(0)),
                credited_through: Month(self.rng.random_range(0..30_000)),
            }),
            20 => Change::Warned(match self.rng.random_range(0..4) {
                0 => Warning::Percent(self.rng.random_range(0..=100)),
                1 => Warning::Dollars(self.money(0).0),
                2 => Warning::Minutes(self.rng.random_range(0..100)),
                _ => Warning::OutOfFunds,
            }),
            21 => Change::Notify(Notice {
                at: self.moment(),
                key: self.suite.id("notice")?,
                kind: NoticeKind::ALL.choose(&mut self.rng).copied().unwrap_or(NoticeKind::Credited),
                user: if self.rng.random() { Some(self.user()?) } else { None },
                message: "Something happened".to_owned(),
            }),
            22 => Change::Cap(self.rng.random_range(0..2000)),
            _ => {
                let posting = self.posting(cluster)?;
                let (at, key, note) = (self.moment(), self.suite.id("entry")?, "for the suite".to_owned());
                Change::Enter(Entry { at, key, note, posting })
            }
        })
    }

    /// A line, often one that fits and sometimes one that does not.
    fn posting(&mut self, cluster: &Cluster) -> Result<Posting, Violation> {
        let account = &cluster.account;
        let pending = account.reservation.as_ref();
        Ok(match self.rng.random_range(0..8) {
            0 => Posting::Credit { amount: self.money(1) },
            1..=2 => Posting::Reserve(Reservation {
                number: account.reservations_made,
                amount: MicroUsd(self.rng.random_range(0..=account.balance.0.max(0) + 1)),
                payers: self.payers()?,
            }),
            3..=4 => Posting::Charge {
                reservation: pending.map_or(7, |pending| pending.number),
                payer: if self.rng.random() { Some(self.user()?) } else { None },
                amount: MicroUsd(
                    self.rng.random_range(0..=pending.map_or(0, |pending| pending.amount.0) + 1),
                ),
            },
            5 => Posting::Settle { reservation: pending.map_or(7, |pending| pending.number) },
            6 => Posting::Overrun {
                node: cluster.nodes.choose(&mut self.rng).map(|node| node.id.clone()),
                amount: self.money(1),
            },
            _ => Posting::Adjust { amount: MicroUsd(self.rng.random_range(-1_000_000..1_000_000)) },
        })
    }

    fn payers(&mut self) -> Result<Vec<Payer>, Violation> {
        let organization = Payer { user: None, weight: self.rng.random_range(1..9) };
        let user = Payer { user: Some(self.user()?), weight: self.rng.random_range(1..9) };
        Ok(if self.rng.random() { vec![user, organization] } else { vec![organization] })
    }

    fn user(&mut self) -> Result<UserName, Violation> {
        user(if self.rng.random() { "ada" } else { "bob" })
    }

    fn state(&mut self) -> NodeState {
        let states = [NodeState::Booting, NodeState::Ready, NodeState::Draining, NodeState::Stopping];
        states.choose(&mut self.rng).copied().unwrap_or(NodeState::Ready)
    }

    fn meter(&mut self) -> Meter {
        Meter {
            began_at: self.moment(),
            held_until: self.moment(),
            charged_until: self.moment(),
            carry: self.rng.random_range(0..3_600_000),
            rate: self.money(0),
        }
    }

    fn version(&mut self) -> ReleaseVersion {
        ReleaseVersion { major: 4, minor: self.rng.random_range(0..9), patch: self.rng.random_range(0..9) }
    }

    fn money(&mut self, least: i64) -> MicroUsd {
        MicroUsd(self.rng.random_range(least..1_000_000_000))
    }

    /// Few enough that many are equal.
    fn moment(&mut self) -> Moment {
        Moment(NOW.0 + self.rng.random_range(0..20))
    }

    fn maybe<T>(&mut self, draw: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.rng.random() { Some(draw(self)) } else { None }
    }
}
