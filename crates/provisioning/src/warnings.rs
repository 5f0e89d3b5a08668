//! Warnings before the money ends: in percent of what was credited, in dollars, and in minutes left.
//!
//! Each is given once, until there is credit again: the account remembers those given, and a credit clears them, but
//! for those that it does not lift the balance above (see [`standing`]). Who was never credited anything is not warned,
//! and nobody is warned of a number of dollars that they never had.

use std::collections::BTreeSet;

use sliderule_api::MicroUsd;
use sliderule_api::status::Block;

use crate::account::Warning;
use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, NodeState};
use crate::runway::runway;
use crate::size;
use crate::step::Policy;
use crate::time::Moment;

/// The warnings that are due at `now`.
#[must_use]
pub fn due(cluster: &Cluster, now: Moment, policy: &Policy) -> Vec<Change> {
    let account = &cluster.account;
    let new = policy.warnings.iter().filter(|warning| !account.warned.contains(warning)).copied();
    if account.credited <= MicroUsd::ZERO {
        return Vec::new();
    }
    new.filter_map(|warning| Some((warning, message(cluster, warning, now, policy)?)))
        .flat_map(|(warning, message)| {
            let (name, kind) = name(warning);
            let key = format!("{name}:{}", account.credited.0);
            [Change::Warned(warning), Change::Notify(Notice { at: now, key, kind, user: None, message })]
        })
        .collect()
}

/// What is still known after a credit, which `cluster` has had: warnings that were given before it and hold as before.
/// They are not given again.
#[must_use]
pub(crate) fn standing(cluster: &Cluster, given: &BTreeSet<Warning>) -> Vec<Change> {
    let stands = |warning: &&Warning| is_crossed(cluster, **warning);
    given.iter().filter(stands).map(|&warning| Change::Warned(warning)).collect()
}

/// Whether the balance is past a threshold of percent or dollars; of others only a look can say.
fn is_crossed(cluster: &Cluster, warning: Warning) -> bool {
    let (balance, credited) = (cluster.account.balance, cluster.account.credited);
    match warning {
        Warning::Percent(percent) => {
            let spent = (i128::from(credited.0) - i128::from(balance.0)) * 100;
            spent >= i128::from(credited.0) * i128::from(percent)
        }
        Warning::Dollars(threshold) => balance.0 < threshold && threshold <= credited.0,
        Warning::Minutes(_) | Warning::OutOfFunds => false,
    }
}

/// What is said of a threshold that is crossed; `None` if it is not.
fn message(cluster: &Cluster, warning: Warning, now: Moment, policy: &Policy) -> Option<String> {
    let organization = &cluster.organization;
    let (balance, credited) = (cluster.account.balance, cluster.account.credited);
    match warning {
        Warning::Percent(percent) => is_crossed(cluster, warning).then(|| {
            format!("{organization} has spent {percent} % of the {credited} it was given; {balance} is left.")
        }),
        Warning::Dollars(threshold) => is_crossed(cluster, warning)
            .then(|| format!("{organization} has {balance} left, less than {}.", MicroUsd(threshold))),
        Warning::Minutes(threshold) => {
            let nodes = running(cluster);
            let minutes = (nodes > 0).then(|| runway(cluster, nodes, now, policy).minutes).flatten()?;
            (minutes < threshold).then(|| {
                let (nodes, minutes) = (counted(nodes, "node"), counted(minutes, "minute"));
                format!("At its present size of {nodes}, {organization} can run for {minutes} more.")
            })
        }
        Warning::OutOfFunds => (size::block(cluster, now, policy.terms) == Some(Block::OutOfFunds))
            .then(|| format!("{organization} has {balance} left, too little for a node; it needs credit.")),
    }
}

fn counted(number: u32, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn running(cluster: &Cluster) -> u32 {
    let works = |state| matches!(state, NodeState::Booting | NodeState::Ready);
    u32::try_from(cluster.nodes.iter().filter(|node| works(node.state)).count()).unwrap_or(u32::MAX)
}

fn name(warning: Warning) -> (String, NoticeKind) {
    match warning {
        Warning::Percent(percent) => (format!("spent-percent-{percent}"), NoticeKind::FundsLow),
        Warning::Dollars(threshold) => (format!("dollars-left-{threshold}"), NoticeKind::FundsLow),
        Warning::Minutes(threshold) => (format!("minutes-left-{threshold}"), NoticeKind::FundsLow),
        Warning::OutOfFunds => ("out-of-funds".to_owned(), NoticeKind::OutOfFunds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{Entry, Posting};
    use crate::samples::{cluster, node, request, seconds};
    use crate::time::Terms;

    fn warned(cluster: &mut Cluster) -> Vec<Warning> {
        let changes = due(cluster, seconds(1), &Policy::usual(Terms::LOCAL));
        for change in &changes {
            cluster.apply(change).unwrap();
        }
        let warnings = changes.iter().filter_map(|change| match change {
            Change::Warned(warning) => Some(*warning),
            _ => None,
        });
        warnings.collect()
    }

    #[test]
    fn each_threshold_is_told_once_until_there_is_credit() {
        let mut cluster = cluster();
        assert_eq!(warned(&mut cluster), []);
        cluster.account.balance = MicroUsd(4_999_999);
        assert_eq!(
            warned(&mut cluster),
            [Warning::Percent(50), Warning::Percent(80), Warning::Dollars(5_000_000)]
        );
        assert_eq!(warned(&mut cluster), []);
        let posting = Posting::Credit { amount: MicroUsd(1) };
        let credit = Entry { at: seconds(1), key: "gift".to_owned(), note: String::new(), posting };
        cluster.apply(&Change::Enter(credit)).unwrap();
        cluster.account.balance = MicroUsd(4_000_000);
        assert_eq!(warned(&mut cluster).len(), 3);
    }

    #[test]
    fn nobody_is_warned_of_dollars_that_they_never_had() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(3_000_000);
        cluster.account.credited = MicroUsd(3_000_000);
        assert_eq!(warned(&mut cluster), []);
        cluster.account.balance = MicroUsd(999_999);
        assert_eq!(warned(&mut cluster), [Warning::Percent(50), Warning::Dollars(1_000_000)]);
    }

    #[test]
    fn a_credit_that_lifts_the_balance_above_no_threshold_repeats_no_warning() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(900_000);
        assert_eq!(warned(&mut cluster).len(), 5);
        let small = crate::hand::credit(&cluster, MicroUsd(50_000), "small", "a little", seconds(1));
        cluster = crate::samples::after(&cluster, &small.changes);
        assert_eq!(warned(&mut cluster), []);
        let large = crate::hand::credit(&cluster, MicroUsd(60_000_000), "large", "a lot", seconds(1));
        cluster = crate::samples::after(&cluster, &large.changes);
        cluster.account.balance = MicroUsd(900_000);
        assert_eq!(warned(&mut cluster).len(), 5);
    }

    #[test]
    fn minutes_are_counted_only_while_the_cluster_runs() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(13_000_000);
        cluster.account.credited = MicroUsd(13_000_000);
        cluster.requests = vec![request("ada", 1, 3_600)];
        assert_eq!(warned(&mut cluster), []);
        cluster.account.balance = MicroUsd(7_000_000);
        cluster.nodes = vec![node("a", NodeState::Ready, 0)];
        cluster.account.credited = MicroUsd(7_000_000);
        assert_eq!(warned(&mut cluster), []);
        cluster.prices.node_hour = MicroUsd(10_000_000);
        assert_eq!(warned(&mut cluster), [Warning::Minutes(60)]);
    }

    #[test]
    fn a_cluster_that_cannot_start_a_node_any_more_is_out_of_funds_once() {
        let mut cluster = cluster();
        cluster.account.balance = MicroUsd(100);
        assert!(warned(&mut cluster).contains(&Warning::OutOfFunds));
        assert!(!warned(&mut cluster).contains(&Warning::OutOfFunds));
    }

    #[test]
    fn who_was_never_credited_anything_is_not_warned() {
        let mut cluster = cluster();
        cluster.account = crate::account::Account::default();
        assert_eq!(warned(&mut cluster), []);
    }
}
