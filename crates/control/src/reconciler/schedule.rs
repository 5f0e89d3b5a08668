//! Who is to be looked at when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sliderule_api::OrganizationName;
use sliderule_provisioning::time::Moment;

use super::decisions::Round;
use super::{PERIOD, RETRY};

/// How soon after a look the same cluster is looked at again at the earliest, unless it is woken: a domain that asked
/// for it at once, again and again, would keep everything else from happening.
const SOONEST: Duration = Duration::from_millis(50);

/// Who is to be looked at when.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    woken: BTreeSet<OrganizationName>,
    due: BTreeMap<OrganizationName, Moment>,
    /// When the next round over everybody is due; `None` before the first.
    everybody: Option<Moment>,
}

impl Schedule {
    pub(super) fn wake(&mut self, organization: &OrganizationName) {
        self.woken.insert(organization.clone());
    }

    /// Takes those that are to be looked at now, and whether everybody is.
    pub(super) fn take_due(&mut self, now: Moment) -> (BTreeSet<OrganizationName>, bool) {
        let mut taken = std::mem::take(&mut self.woken);
        self.due.retain(|organization, at| {
            let is_due = *at <= now;
            if is_due {
                taken.insert(organization.clone());
            }
            !is_due
        });
        let everybody = self.everybody.is_none_or(|at| at <= now);
        if everybody {
            self.everybody = Some(now.after(PERIOD));
        }
        (taken, everybody)
    }

    /// What was taken could not be looked at.
    pub(super) fn retry(&mut self, taken: BTreeSet<OrganizationName>, everybody: bool, at: Moment) {
        self.due.extend(taken.into_iter().map(|organization| (organization, at)));
        if everybody {
            self.everybody = Some(at);
        }
    }

    /// What was taken was looked at.
    pub(super) fn looked(&mut self, round: &Round, now: Moment) {
        for (organization, look) in &round.looks {
            match look.next_wake {
                Some(wake) => self.due.insert(organization.clone(), wake.max(now.after(SOONEST))),
                None => self.due.remove(organization),
            };
        }
        let failed = round.failed.iter().map(|organization| (organization.clone(), now.after(RETRY)));
        self.due.extend(failed);
    }

    /// When something is due next, as of `now`.
    pub(super) fn next(&self, now: Moment) -> Moment {
        let woken = self.woken.first().map(|_| now);
        let due = self.due.values().copied().min();
        self.everybody.into_iter().chain(due).chain(woken).min().unwrap_or(now)
    }
}
