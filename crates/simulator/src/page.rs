//! One organization's books, kept a second time from the changes that were made.
//!
//! Everything that must hold of a single commit is checked here, before anything can be built upon it.

use std::collections::BTreeMap;

use sliderule_api::{NodeId, UserName};
use sliderule_provisioning::account::{Entry, Posting, Reservation};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, Node};
use sliderule_provisioning::grains::{GRAINS_PER_MICRO_USD, Grains};
use sliderule_provisioning::promise;
use sliderule_provisioning::time::{Moment, Terms};

use crate::tape::Tape;

/// Who is deciding while something is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The system by itself: looks, registrations, pulls.
    Inside,
    /// An order that is granted: what is free covers it, or it costs nothing.
    Order,
    /// People: releases, destroys. They never lessen what is free.
    Hand,
    /// Money from outside: credits, bills, prices.
    Outside,
}

/// Sums over the ledger.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Credits.
    pub credited: i64,
    /// Charges.
    pub charged: i64,
    /// Overruns.
    pub overrun: i64,
    /// Adjustments.
    pub adjusted: i64,
    /// Charges by payer; `None` is the organization.
    pub by_payer: BTreeMap<Option<UserName>, i64>,
    /// What the system by itself took beyond what was there.
    pub beyond: i64,
}

/// One organization's books.
#[derive(Clone, Debug)]
pub struct Page {
    /// The cluster as the changes made it.
    pub cluster: Cluster,
    /// The time of every node that ever was.
    pub nodes: BTreeMap<NodeId, Tape>,
    /// The fixed part's time, each time that the cluster ran.
    pub fixed: Vec<Tape>,
    /// The ledger's sums.
    pub sums: Sums,
    /// When people were last told something, or a trouble was recorded.
    pub told: Moment,
}

impl Page {
    /// The books of a new organization.
    #[must_use]
    pub fn new(cluster: Cluster) -> Self {
        let sums = Sums { credited: cluster.account.balance.0, ..Sums::default() };
        Self { cluster, nodes: BTreeMap::new(), fixed: Vec::new(), sums, told: Moment(i64::MIN) }
    }

    /// Makes the changes of one decision.
    ///
    /// # Errors
    /// What must not be.
    pub fn commit(
        &mut self,
        changes: &[Change],
        now: Moment,
        terms: Terms,
        cause: Cause,
    ) -> Result<(), String> {
        let free_before = promise::books(&self.cluster, now, terms).free();
        let available_before = self.cluster.account.available().0;
        let pending = self.cluster.account.reservation.clone();
        let mut made = Decision::default();
        for (index, change) in changes.iter().enumerate() {
            let is_overrun = changes.get(index + 1).is_some_and(is_overrun_of_the_fixed_part);
            self.note(change, is_overrun, now, terms, &mut made)?;
            self.cluster
                .apply(change)
                .map_err(|breach| format!("a store made {change:?} although {breach}"))?;
            if let Change::Enter(entry) = change {
                self.enter(entry, &mut made)?;
            }
        }
        self.check_charges(&made, pending.as_ref())?;
        let account = &self.cluster.account;
        let sum = self.sums.credited - self.sums.charged - self.sums.overrun + self.sums.adjusted;
        if account.balance.0 != sum {
            return Err(format!("the balance is {} and the ledger adds up to {sum}", account.balance.0));
        }
        let lost = available_before.min(0) - account.available().0.min(0) - made.overrun;
        if !made.adjusts && lost > 0 {
            self.sums.beyond += lost;
            return Err(format!("{lost} micro-dollars were taken that were not there"));
        }
        let free = promise::books(&self.cluster, now, terms).free();
        // What an overrun left of a micro-dollar is still owed.
        let overrun = i128::from(made.overrun + made.overruns);
        let kept = Grains(free_before.0 - overrun * GRAINS_PER_MICRO_USD);
        let sound = match cause {
            Cause::Outside => true,
            Cause::Inside | Cause::Order | Cause::Hand => free >= kept || free >= Grains::ZERO,
        };
        if !sound {
            return Err(format!(
                "what is free fell from {} to {} micro-dollars by {cause:?}",
                free_before.floor().0,
                free.floor().0
            ));
        }
        Ok(())
    }

    /// What a change means for time and for what people were told.
    fn note(
        &mut self,
        change: &Change,
        is_overrun: bool,
        now: Moment,
        terms: Terms,
        made: &mut Decision,
    ) -> Result<(), String> {
        match change {
            Change::Begin(node) => {
                let known = self.nodes.insert(node.id.clone(), Tape::begin(&node.meter)?);
                if known.is_some() {
                    return Err(format!("the node {} began twice", node.id));
                }
            }
            Change::Meter { node, meter } => {
                let tape = self.nodes.get_mut(node).ok_or_else(|| format!("no node {node} ever began"))?;
                made.due += tape.go_on(meter).map_err(|wrong| format!("node {node}: {wrong}"))?;
            }
            Change::Fixed(Some(meter)) => {
                match self.fixed.last_mut().filter(|_| self.cluster.fixed.is_some()) {
                    None => self.fixed.push(Tape::begin(meter)?),
                    // While no node lived nothing was held, and nothing is paid.
                    Some(tape) if !is_overrun && tape.held.after(terms.tail) < meter.charged_until => {
                        let (from, until) = (tape.charged, meter.charged_until);
                        let paid_on =
                            |node: &&Node| node.meter.charged_until > from && node.meter.began_at < until;
                        if let Some(node) = self.cluster.nodes.iter().find(paid_on) {
                            return Err(format!(
                                "the node {} was paid while the fixed part was not",
                                node.id
                            ));
                        }
                        if tape.charged < tape.held.after(terms.tail) {
                            return Err("time of the fixed part was held and not charged".to_owned());
                        }
                        tape.leap(meter);
                    }
                    Some(tape) => {
                        made.due += tape.go_on(meter).map_err(|wrong| format!("fixed part: {wrong}"))?
                    }
                }
            }
            Change::Notify(_) | Change::Trouble(Some(_)) => self.told = now,
            _ => {}
        }
        Ok(())
    }

    fn enter(&mut self, Entry { posting, .. }: &Entry, made: &mut Decision) -> Result<(), String> {
        match posting {
            Posting::Credit { amount } => self.sums.credited += amount.0,
            Posting::Charge { payer, amount, .. } => {
                self.sums.charged += amount.0;
                *self.sums.by_payer.entry(payer.clone()).or_default() += amount.0;
                *made.charges.entry(payer.clone()).or_default() += amount.0;
            }
            Posting::Overrun { amount, .. } => {
                self.sums.overrun += amount.0;
                made.overrun += amount.0;
                made.overruns += 1;
            }
            Posting::Adjust { amount } => {
                self.sums.adjusted += amount.0;
                made.adjusts = true;
            }
            Posting::Reserve(reservation) => {
                let balance = self.sums.credited - self.sums.charged - self.sums.overrun + self.sums.adjusted;
                if reservation.amount.0 > balance {
                    return Err(format!("{} were reserved of a balance of {balance}", reservation.amount.0));
                }
            }
            Posting::Settle { .. } => {}
        }
        Ok(())
    }

    /// What was charged is what was due, and each payer paid their part of it.
    fn check_charges(&self, made: &Decision, pending: Option<&Reservation>) -> Result<(), String> {
        let charged: i64 = made.charges.values().sum();
        if charged + made.overrun != made.due {
            return Err(format!("{} were due, and {charged} charged and {} overrun", made.due, made.overrun));
        }
        let Some(pending) = pending.filter(|_| charged > 0) else {
            return if charged > 0 {
                Err(format!("{charged} were charged without a reservation"))
            } else {
                Ok(())
            };
        };
        let weights: u64 = pending.payers.iter().map(|payer| payer.weight).sum();
        for payer in &pending.payers {
            let part = made.charges.get(&payer.user).copied().unwrap_or(0);
            // Exact would be charged * weight / weights; rounding moves it by less than one.
            let off = i128::from(part) * i128::from(weights) - i128::from(charged) * i128::from(payer.weight);
            if off.unsigned_abs() >= u128::from(weights) {
                return Err(format!(
                    "{:?} paid {part} of {charged}, with {} of {weights}",
                    payer.user, payer.weight
                ));
            }
        }
        Ok(())
    }
}

fn is_overrun_of_the_fixed_part(change: &Change) -> bool {
    let Change::Enter(entry) = change else { return false };
    matches!(entry.posting, Posting::Overrun { node: None, .. })
}

/// What one decision came to.
#[derive(Default)]
struct Decision {
    due: i64,
    overrun: i64,
    overruns: i64,
    charges: BTreeMap<Option<UserName>, i64>,
    adjusts: bool,
}
