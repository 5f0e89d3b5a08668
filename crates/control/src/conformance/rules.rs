//! Each rule that a store guards, broken on purpose: nothing of the decision is made, and everything of others is.

use sliderule_api::{MicroUsd, NodeId, OrganizationName, ReleaseVersion, RequestId};
use sliderule_provisioning::account::{Entry, Payer, Posting, Reservation};
use sliderule_provisioning::change::{Breach, Change, Notice, NoticeKind};
use sliderule_provisioning::cluster::{Cluster, Node, NodeState, Request};
use sliderule_provisioning::meter::Meter;
use sliderule_provisioning::time::Moment;

use super::{NOW, Suite, Violation, broken, require, user};
use crate::store::Writer;

pub(super) async fn check(suite: &Suite<'_>) -> Result<(), Violation> {
    money_is_guarded(suite).await?;
    signs_are_guarded(suite).await?;
    keys_are_guarded(suite).await?;
    nodes_are_guarded(suite).await?;
    requests_are_guarded(suite).await
}

async fn money_is_guarded(suite: &Suite<'_>) -> Result<(), Violation> {
    let pending = || vec![credit("c", 100), reserve("r0", 0, 50)];
    let settled = || vec![credit("c", 100), reserve("r0", 0, 50), settle("s0", 0)];
    let cases = [
        (vec![credit("c", 100)], vec![reserve("r0", 0, 101)], Breach::NotCovered),
        (vec![credit("c", 100), adjust("a", -60)], vec![reserve("r0", 0, 41)], Breach::NotCovered),
        (vec![adjust("a", -1)], vec![reserve("r0", 0, 0)], Breach::NotCovered),
        (pending(), vec![charge("x", 0, 51)], Breach::PostedTooMuch),
        (pending(), vec![charge("x", 0, 30), charge("y", 0, 21)], Breach::PostedTooMuch),
        (pending(), vec![reserve("r1", 1, 10)], Breach::AlreadyReserved),
        (settled(), vec![reserve("r1", 0, 10)], Breach::AlreadyReserved),
        (settled(), vec![reserve("r1", 2, 10)], Breach::AlreadyReserved),
        (vec![credit("c", 100)], vec![settle("s", 0)], Breach::NotPending),
        (settled(), vec![charge("x", 0, 1)], Breach::NotPending),
        (pending(), vec![settle("s", 1)], Breach::NotPending),
    ];
    for (before, bad, breach) in cases {
        refuse(suite, before, bad, breach).await?;
    }
    // To the last micro-dollar, it goes.
    let organization = suite.organization().await?;
    let all =
        [credit("c", 100), reserve("r", 0, 100), charge("x", 0, 40), charge("y", 0, 60), settle("s", 0)];
    suite.make(&organization, &all).await?;
    let account = suite.cluster(&organization).await?.account;
    require(account.balance == MicroUsd::ZERO && account.reservation.is_none(), || {
        format!("all was reserved, charged and settled, and the account is {account:?}")
    })
}

async fn signs_are_guarded(suite: &Suite<'_>) -> Result<(), Violation> {
    let overrun = |amount| enter("x", Posting::Overrun { node: None, amount: MicroUsd(amount) });
    let wrong =
        [credit("x", 0), credit("x", -1), overrun(0), overrun(-1), adjust("x", 0), reserve("x", 0, -1)];
    for bad in wrong {
        refuse(suite, vec![credit("c", 100)], vec![bad], Breach::WrongSign).await?;
    }
    let pending = vec![credit("c", 100), reserve("r", 0, 50)];
    refuse(suite, pending, vec![charge("x", 0, -1)], Breach::WrongSign).await
}

async fn keys_are_guarded(suite: &Suite<'_>) -> Result<(), Violation> {
    let taken = || Breach::KeyTaken("once".to_owned());
    refuse(suite, vec![credit("once", 1)], vec![credit("once", 1)], taken()).await?;
    refuse(suite, vec![credit("once", 1)], vec![adjust("once", 5)], taken()).await?;
    refuse(suite, vec![], vec![credit("once", 1), credit("once", 2)], taken()).await?;

    let (one, other) = (suite.id::<RequestId>("request")?, suite.id::<RequestId>("request")?);
    let keyed = |name: &str, order: &str, request: &RequestId| -> Result<Change, Violation> {
        let (key, order) = ("key".to_owned(), order.to_owned());
        Ok(Change::Keyed { user: user(name)?, key, order, request: request.clone() })
    };
    let placed = || -> Result<Vec<Change>, Violation> { Ok(vec![place(&suite.id("request")?, NOW)?]) };
    let organization = suite.organization().await?;
    let first = [place(&one, NOW)?, place(&other, NOW)?, keyed("ada", "two nodes", &one)?];
    suite.make(&organization, &first).await?;
    // The same user's key stands for what it stands for; another user's is another key.
    for bad in [keyed("ada", "three nodes", &one)?, keyed("ada", "two nodes", &other)?] {
        let mut changes = placed()?;
        changes.push(bad);
        refuse_in(suite, &organization, changes, Breach::OrderKeyTaken).await?;
    }
    suite
        .make(&organization, &[keyed("ada", "two nodes", &one)?, keyed("bob", "three nodes", &other)?])
        .await?;

    // What people were told is not told again, and that keeps nothing else from being done.
    let told = notice("told");
    suite.make(&organization, &[told.clone(), told.clone()]).await?;
    suite.make(&organization, &[told, credit("with it", 3)]).await?;
    let balance = suite.cluster(&organization).await?.account.balance;
    require(balance == MicroUsd(3), || "a notice that was given before kept money from coming in".to_owned())
}

async fn nodes_are_guarded(suite: &Suite<'_>) -> Result<(), Violation> {
    let (living, ended, unknown, elsewhere) =
        (suite.id("node")?, suite.id("node")?, suite.id("node")?, suite.id("node")?);
    let organization = suite.organization().await?;
    let other = suite.organization().await?;
    suite.make(&organization, &[begin(&living, NOW), begin(&ended, NOW), gone(&ended)]).await?;
    suite.make(&other, &[begin(&elsewhere, NOW)]).await?;
    let of = |node: &NodeId| Breach::Node(node.clone());
    for node in [&living, &ended, &elsewhere] {
        refuse_in(suite, &organization, vec![begin(node, NOW)], of(node)).await?;
    }
    for node in [&ended, &unknown, &elsewhere] {
        let moved =
            Change::Move { node: node.clone(), state: NodeState::Ready, address: None, ready_at: None };
        let metered = Change::Meter { node: node.clone(), meter: meter(NOW) };
        for bad in [gone(node), moved, metered] {
            refuse_in(suite, &organization, vec![bad], of(node)).await?;
        }
    }
    let fresh = suite.id("node")?;
    refuse_in(suite, &organization, vec![begin(&fresh, NOW), begin(&fresh, NOW)], of(&fresh)).await?;
    suite.make(&organization, &[begin(&fresh, NOW)]).await
}

async fn requests_are_guarded(suite: &Suite<'_>) -> Result<(), Violation> {
    let (open, closed, unknown, elsewhere) =
        (suite.id("request")?, suite.id("request")?, suite.id("request")?, suite.id("request")?);
    let organization = suite.organization().await?;
    let other = suite.organization().await?;
    let close = |id: &RequestId| Change::Close { id: id.clone(), at: NOW };
    suite.make(&organization, &[place(&open, NOW)?, place(&closed, NOW)?, close(&closed)]).await?;
    suite.make(&other, &[place(&elsewhere, NOW)?]).await?;
    let of = |request: &RequestId| Breach::Request(request.clone());
    for request in [&open, &closed] {
        refuse_in(suite, &organization, vec![place(request, NOW)?], of(request)).await?;
    }
    for request in [&closed, &unknown, &elsewhere] {
        let altered = Change::Alter { id: request.clone(), nodes: 2, created_at: NOW, expires_at: NOW };
        for bad in [close(request), altered] {
            refuse_in(suite, &organization, vec![bad], of(request)).await?;
        }
    }
    Ok(())
}

/// After `before`, `bad` must break that rule.
async fn refuse(
    suite: &Suite<'_>,
    before: Vec<Change>,
    bad: Vec<Change>,
    breach: Breach,
) -> Result<(), Violation> {
    let organization = suite.organization().await?;
    suite.make(&organization, &before).await?;
    refuse_in(suite, &organization, bad, breach).await
}

/// `bad`, among changes that are good, must break that rule, leave this cluster as it was, and keep no other from
/// changing.
async fn refuse_in(
    suite: &Suite<'_>,
    organization: &OrganizationName,
    bad: Vec<Change>,
    breach: Breach,
) -> Result<(), Violation> {
    let neighbours = [suite.organization().await?, suite.organization().await?];
    let [first, last] = &neighbours;
    let before = suite.cluster(organization).await?;
    let new = suite.id::<NodeId>("node")?;
    let mut changes = vec![Change::Paused(true), begin(&new, NOW), notice("refused")];
    changes.extend(bad);
    changes.push(Change::Suspended(true));
    let all = [first.clone(), organization.clone(), last.clone()];
    let decide = &mut |cluster: &Cluster| {
        if cluster.organization == *organization { changes.clone() } else { vec![credit("good", 1)] }
    };
    let changed = suite.store().change(Writer::Operator, &all, decide).await?;
    let outcome_of = |whose: &OrganizationName| {
        let found = changed.iter().find(|changed| changed.organization == *whose);
        found.map(|found| &found.outcome).ok_or_else(|| broken("an organization was left out"))
    };
    let outcome = outcome_of(organization)?;
    require(*outcome == Err(breach.clone()), || {
        format!("{changes:?} must break `{breach}`, and was {outcome:?}")
    })?;
    let after = suite.cluster(organization).await?;
    require(after == before, || {
        format!("a decision that breaks `{breach}` changed {before:?} to {after:?}")
    })?;
    for neighbour in &neighbours {
        let is_done = outcome_of(neighbour)?.is_ok();
        let balance = suite.cluster(neighbour).await?.account.balance;
        require(is_done && balance == MicroUsd(1), || {
            format!("one that breaks `{breach}` kept another organization from changing")
        })?;
    }
    // Nothing of it was kept anywhere: what it would have begun can begin.
    let elsewhere = suite.organization().await?;
    suite.make(&elsewhere, &[begin(&new, NOW)]).await
}

pub(super) fn enter(key: &str, posting: Posting) -> Change {
    Change::Enter(Entry { at: NOW, key: key.to_owned(), note: "for the suite".to_owned(), posting })
}

pub(super) fn credit(key: &str, amount: i64) -> Change {
    enter(key, Posting::Credit { amount: MicroUsd(amount) })
}

fn adjust(key: &str, amount: i64) -> Change {
    enter(key, Posting::Adjust { amount: MicroUsd(amount) })
}

pub(super) fn reserve(key: &str, number: u64, amount: i64) -> Change {
    let payers = vec![Payer { user: None, weight: 1 }];
    enter(key, Posting::Reserve(Reservation { number, amount: MicroUsd(amount), payers }))
}

fn charge(key: &str, reservation: u64, amount: i64) -> Change {
    enter(key, Posting::Charge { reservation, payer: None, amount: MicroUsd(amount) })
}

pub(super) fn settle(key: &str, reservation: u64) -> Change {
    enter(key, Posting::Settle { reservation })
}

fn notice(key: &str) -> Change {
    let (key, message) = (key.to_owned(), "Something happened".to_owned());
    Change::Notify(Notice { at: NOW, key, kind: NoticeKind::FundsLow, user: None, message })
}

fn meter(began_at: Moment) -> Meter {
    Meter::begin(began_at, Moment(began_at.0 + 60_000), MicroUsd(226_000))
}

pub(super) fn begin(id: &NodeId, began_at: Moment) -> Change {
    Change::Begin(Node {
        id: id.clone(),
        state: NodeState::Booting,
        version: ReleaseVersion { major: 4, minor: 0, patch: 4 },
        address: None,
        ready_at: None,
        meter: meter(began_at),
    })
}

pub(super) fn gone(node: &NodeId) -> Change {
    Change::Gone { node: node.clone(), at: NOW, failed_boot: false }
}

pub(super) fn place(id: &RequestId, expires_at: Moment) -> Result<Change, Violation> {
    let request = Request { id: id.clone(), user: user("ada")?, nodes: 1, created_at: Moment(0), expires_at };
    Ok(Change::Place { request, cost: MicroUsd(5) })
}
