//! What must hold at the end of a seed, once everything was left to come to rest.

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_engines::sim::World;
use sliderule_provisioning::account::Month;

use crate::book::Book;
use crate::page::Page;

/// Checks the whole books against themselves and against what truly ran.
pub fn check(book: &mut Book, world: &World) {
    let wrong = book.pages.iter().find_map(|(organization, page)| {
        let checked = rest(page)
            .and_then(|()| ledger(page))
            .and_then(|()| months(page, book))
            .and_then(|()| nodes(organization, page, world))
            .and_then(|()| fixed(page, book));
        Some((organization.clone(), checked.err()?))
    });
    if let Some((organization, what)) = wrong {
        book.wrong(&organization, what);
    }
}

/// Nothing runs, nothing is asked for, nothing is set aside.
fn rest(page: &Page) -> Result<(), String> {
    let cluster = &page.cluster;
    if let Some(node) = cluster.nodes.first() {
        return Err(format!(
            "after all was over the node {} was still recorded as {:?}",
            node.id, node.state
        ));
    }
    if cluster.fixed.is_some() || cluster.account.reservation.is_some() {
        return Err("after all was over money was still set aside".to_owned());
    }
    Ok(())
}

/// The ledger is what every node's time and the fixed part's cost, added up once more, and payers' parts are the whole.
fn ledger(page: &Page) -> Result<(), String> {
    let time: i64 = page.nodes.values().chain(&page.fixed).map(|tape| tape.cost()).sum();
    let entered = page.sums.charged + page.sums.overrun;
    if time != entered {
        return Err(format!("the time that was paid cost {time}, and {entered} were entered for it"));
    }
    let parts: i64 = page.sums.by_payer.values().sum();
    if parts != page.sums.charged {
        return Err(format!("the payers' parts are {parts} of {}", page.sums.charged));
    }
    if page.sums.beyond > 0 {
        return Err(format!("{} micro-dollars were spent beyond the bound", page.sums.beyond));
    }
    Ok(())
}

/// Every month's credit was given, or was not due.
fn months(page: &Page, book: &Book) -> Result<(), String> {
    let allowance = page.cluster.account.allowance;
    if allowance.monthly > MicroUsd::ZERO && allowance.credited_through != Month::of(book.now) {
        return Err(format!("the monthly credit was given through {} only", allowance.credited_through));
    }
    Ok(())
}

/// Every second that a node ran is paid, unless its engine let it outlive its time.
fn nodes(organization: &OrganizationName, page: &Page, world: &World) -> Result<(), String> {
    for node in world.history().filter(|node| node.spec.organization == *organization) {
        let id = &node.spec.id;
        let Some(runs_since) = node.runs_since else { continue };
        let tape = page.nodes.get(id).ok_or_else(|| format!("the node {id} ran unpaid"))?;
        if tape.began > runs_since {
            return Err(format!("the node {id} ran before it was paid"));
        }
        let Some(ended_at) = node.ended_at else { return Err(format!("the node {id} never ended")) };
        if tape.charged < ended_at && !node.is_excused() {
            return Err(format!("the node {id} ran until {}, charged until {}", ended_at.0, tape.charged.0));
        }
    }
    Ok(())
}

/// The fixed part was paid whenever a node was, and never twice.
fn fixed(page: &Page, book: &Book) -> Result<(), String> {
    if page.fixed.windows(2).any(|pair| matches!(pair, [one, next] if next.began < one.charged)) {
        return Err("the fixed part was paid twice for the same time".to_owned());
    }
    for (node, tape) in &page.nodes {
        let paid_until = tape.charged.min(tape.held.after(book.terms.tail));
        let covered = page.fixed.iter().any(|fixed| fixed.began <= tape.began && paid_until <= fixed.charged);
        if !covered {
            return Err(format!("while the node {node} was paid the fixed part was not"));
        }
    }
    Ok(())
}
