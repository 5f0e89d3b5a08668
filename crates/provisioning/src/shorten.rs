//! Shortening requests when money falls short from outside: after a corrected bill, a withdrawn credit, a new price,
//! or time of a node that outlived its tail. Nothing inside the system makes free money negative.
//!
//! The newest requests end earlier first, at the latest whole second at which free money is not negative, or at once; and
//! their owners are told. A request that keeps no money (its time is held already, or a larger one of the same user
//! counts) is left alone: ending it would help nobody.

use crate::change::{Change, Notice, NoticeKind};
use crate::cluster::{Cluster, Request};
use crate::grains::Grains;
use crate::promise::books;
use crate::time::{Moment, Terms};

/// What must end earlier so that free money is not negative, as far as that helps.
#[must_use]
pub fn shorten(cluster: &Cluster, now: Moment, terms: Terms) -> Vec<Change> {
    let mut left = cluster.clone();
    let mut changes = Vec::new();
    let mut helped = true;
    // Where a request gives way, a smaller one of the same user may come to count, older or newer: hence the rounds.
    while helped && books(&left, now, terms).free() < Grains::ZERO {
        helped = false;
        for request in newest_first(&left, now) {
            let free = books(&left, now, terms).free();
            if free >= Grains::ZERO {
                break;
            }
            let mut without = left.clone();
            without.requests.retain(|open| open.id != request.id);
            let freed = books(&without, now, terms).free();
            if freed <= free {
                continue;
            }
            helped = true;
            let until = latest(&left, &request, now, terms).filter(|_| freed >= Grains::ZERO);
            changes.push(match until {
                Some(expires_at) => Change::Alter {
                    id: request.id.clone(),
                    nodes: request.nodes,
                    created_at: request.created_at,
                    expires_at,
                },
                None => Change::Close { id: request.id.clone(), at: now },
            });
            changes.push(Change::Notify(told(&request, until, now)));
            match until {
                Some(until) => end(&mut left, &request, until),
                None => left = without,
            }
        }
    }
    changes
}

fn newest_first(cluster: &Cluster, now: Moment) -> Vec<Request> {
    let mut open: Vec<Request> =
        cluster.requests.iter().filter(|request| now < request.expires_at).cloned().collect();
    open.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    open
}

/// The latest whole second after `now` at which `request` can end so that free money is not negative. The later it
/// ends, the more is promised, so the search may halve.
fn latest(cluster: &Cluster, request: &Request, now: Moment, terms: Terms) -> Option<Moment> {
    let mut trial = cluster.clone();
    let mut fits = |second: i64| {
        end(&mut trial, request, Moment(second.saturating_mul(1000)));
        books(&trial, now, terms).free() >= Grains::ZERO
    };
    let (mut fit, mut unfit) = (now.0.div_euclid(1000), request.expires_at.0.div_euclid(1000) + 1);
    while unfit - fit > 1 {
        let middle = fit + (unfit - fit) / 2;
        if fits(middle) { fit = middle } else { unfit = middle }
    }
    Some(Moment(fit.saturating_mul(1000))).filter(|&until| now < until && until < request.expires_at)
}

fn end(cluster: &mut Cluster, request: &Request, until: Moment) {
    if let Some(open) = cluster.requests.iter_mut().find(|open| open.id == request.id) {
        open.expires_at = until;
    }
}

fn told(request: &Request, until: Option<Moment>, now: Moment) -> Notice {
    let Request { id, nodes, expires_at, user, .. } = request;
    let (was, is) = (minutes(expires_at.since(now)), until.map(|until| minutes(until.since(now))));
    let ends = is.map_or("ends now".to_owned(), |is| format!("ends in {is}"));
    Notice {
        at: now,
        key: format!("shortened:{id}:{}:{}", now.0, until.map_or(0, |until| until.0)),
        kind: NoticeKind::RequestShortened,
        user: Some(user.clone()),
        message: format!(
            "Your request for {} {ends} instead of in {was}: a correction, a withdrawn credit, a new price or a node \
             that outlived its end left too little money for it. Ask the owner for credit, or ask for less.",
            if *nodes == 1 { "1 node".to_owned() } else { format!("{nodes} nodes") }
        ),
    }
}

fn minutes(left: std::time::Duration) -> String {
    match left.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use sliderule_api::MicroUsd;

    use super::*;
    use crate::samples::{cluster, request, seconds};

    fn open(user: &str, nodes: u32, until: i64, created: i64) -> Request {
        Request { created_at: seconds(created), ..request(user, nodes, until) }
    }

    fn shortened(cluster: &mut Cluster, balance: i64) -> Vec<String> {
        cluster.account.balance = MicroUsd(balance);
        let changes = shorten(cluster, seconds(10), Terms::LOCAL);
        for change in &changes {
            cluster.apply(change).unwrap();
        }
        let say = |change: &Change| match change {
            Change::Alter { id, expires_at, .. } => Some(format!("{id} until {}", expires_at.0)),
            Change::Close { id, .. } => Some(format!("{id} closed")),
            _ => None,
        };
        changes.iter().filter_map(say).collect()
    }

    /// The whole promise of a node and the fixed part from 10 s to 3,610 s, with tails.
    const HOUR: i64 = 379_000 + 1_053;

    #[test]
    fn nothing_is_shortened_while_the_money_suffices() {
        let mut cluster = cluster();
        cluster.requests = vec![open("ada", 1, 3_610, 0)];
        assert_eq!(shortened(&mut cluster, HOUR), [""; 0]);
    }

    #[test]
    fn the_newest_request_ends_at_the_latest_second_that_is_paid() {
        let mut cluster = cluster();
        cluster.requests = vec![open("ada", 1, 3_610, 0), open("bob", 1, 3_610, 5)];
        // A second node for half an hour, with its tail of 628 micro-dollars.
        assert_eq!(shortened(&mut cluster, HOUR + 113_000 + 628), ["bob-1-3610 until 1810000"]);
        let free = books(&cluster, seconds(10), Terms::LOCAL).free();
        assert!(
            free >= Grains::ZERO && free < Grains::of(MicroUsd(226_000), std::time::Duration::from_secs(1))
        );
    }

    #[test]
    fn what_is_not_paid_at_all_is_closed_and_its_owner_told() {
        let mut cluster = cluster();
        cluster.requests = vec![open("ada", 1, 3_610, 0), open("bob", 1, 3_610, 5)];
        cluster.account.balance = MicroUsd(-1);
        let changes = shorten(&cluster, seconds(10), Terms::LOCAL);
        let told: Vec<String> = changes
            .iter()
            .filter_map(|change| match change {
                Change::Notify(notice) => Some(notice.user.as_ref().unwrap().to_string()),
                _ => None,
            })
            .collect();
        assert_eq!(told, ["bob", "ada"]);
        assert_eq!(shortened(&mut cluster, -1), ["bob-1-3610 closed", "ada-1-3610 closed"]);
    }

    #[test]
    fn a_request_that_keeps_no_money_is_left_alone() {
        let mut cluster = cluster();
        cluster.requests = vec![open("ada", 2, 3_610, 0), open("ada", 1, 1_810, 9)];
        let done = shortened(&mut cluster, HOUR);
        assert_eq!(done.len(), 1);
        assert!(done[0].starts_with("ada-2-3610 until"), "{done:?}");
    }
}
