//! What is remembered of the database is what it says, whoever writes to it and however close together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sliderule_api::OrganizationName;
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::Cluster;
use sliderule_server::store::{Database, Role, Standing};

use crate::stage::Books;

/// How often each writer writes.
const TURNS: u32 = 300;

fn acme() -> OrganizationName {
    "acme".parse().unwrap()
}

/// Adds one, by a decision or past everything that knows about decisions.
async fn count(books: &Books, db: &Database, by_decision: bool) {
    if by_decision {
        let add = &mut |cluster: &Cluster| {
            vec![Change::FailedBoots { rounds: cluster.failed_boots + 1, latest: None }]
        };
        let changed = db.change(Writer::Operator, &[acme()], add).await.unwrap();
        changed[0].outcome.clone().unwrap();
    } else {
        books.sql("UPDATE organizations SET failed_boots = failed_boots + 1").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_ever_reads_less_than_what_was_committed_before_they_asked() {
    let books = Arc::new(Books::of_acme().await);
    let other = Database::open(books.db.path()).await.unwrap();
    // How often somebody has begun to add one, and how often that was done.
    let (begun, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writing = Vec::new();
    for (db, by_decision) in [(books.db.clone(), true), (other.clone(), true), (books.db.clone(), false)] {
        let (books, begun, done) = (books.clone(), begun.clone(), done.clone());
        writing.push(tokio::spawn(async move {
            for _ in 0..TURNS {
                begun.fetch_add(1, Ordering::SeqCst);
                count(&books, &db, by_decision).await;
                done.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        }));
    }
    let mut reading = Vec::new();
    for db in [books.db.clone(), books.db.clone(), other.clone()] {
        let (begun, done, is_over) = (begun.clone(), done.clone(), is_over.clone());
        reading.push(tokio::spawn(async move {
            let mut last = 0;
            let mut reads = 0_u64;
            while !is_over.load(Ordering::SeqCst) {
                let before = done.load(Ordering::SeqCst);
                let found = db.shared_cluster(&acme()).await.unwrap().unwrap().failed_boots;
                let after = begun.load(Ordering::SeqCst);
                assert!((before..=after).contains(&found), "{found} is not from {before} to {after}");
                assert!(found >= last, "{found} was read after {last}");
                (last, reads) = (found, reads + 1);
                tokio::task::yield_now().await;
            }
            reads
        }));
    }
    for writer in writing {
        writer.await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    for reader in reading {
        assert!(reader.await.unwrap() > 0);
    }
    let counted = books.cluster("acme").await.failed_boots;
    assert_eq!(
        (counted, other.cluster(&acme()).await.unwrap().unwrap().failed_boots),
        (3 * TURNS, 3 * TURNS)
    );
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_that_somebody_else_ends_is_over_at_once() {
    let books = Arc::new(Books::of_acme().await);
    let is_over = Arc::new(AtomicBool::new(false));
    // Somebody who always writes something else.
    let (busy, stop) = (books.clone(), is_over.clone());
    let writing = tokio::spawn(async move {
        while !stop.load(Ordering::SeqCst) {
            count(&busy, &busy.db, true).await;
        }
    });
    for _ in 0..TURNS {
        assert_eq!(books.db.standing(1, "acme").await.unwrap(), Standing::Active(Role::Owner));
        books.sql("UPDATE memberships SET state = 'deactivated' WHERE user_id = 1").await.unwrap();
        assert_eq!(books.db.standing(1, "acme").await.unwrap(), Standing::Inactive);
        books.sql("UPDATE memberships SET state = 'active' WHERE user_id = 1").await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    writing.await.unwrap();
}

#[tokio::test]
async fn an_organization_that_there_was_not_is_there_once_somebody_adds_it() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let name: OrganizationName = "zebra".parse().unwrap();
    assert_eq!(other.cluster(&name).await.unwrap(), None);
    assert_eq!(other.standing(1, "zebra").await.unwrap(), Standing::NoOrganization);
    books.add_organization("zebra", 1).await;
    assert_eq!(other.cluster(&name).await.unwrap().unwrap().organization, name);
    assert_eq!(other.standing(1, "zebra").await.unwrap(), Standing::Active(Role::Owner));
    assert_eq!(other.standing(2, "zebra").await.unwrap(), Standing::Stranger);
    other.close().await;
}

#[tokio::test]
async fn who_is_named_in_other_letters_is_remembered_as_the_database_spells_them() {
    use sliderule_provisioning::cluster::Request;

    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let request = Request {
        id: "r-1".parse().unwrap(),
        user: "ADA".parse().unwrap(),
        nodes: 1,
        created_at: crate::stage::NOW,
        expires_at: crate::stage::NOW,
    };
    let cost = sliderule_api::MicroUsd::ZERO;
    books.change(&[Change::Place { request, cost }]).await.unwrap();
    let found = books.cluster("acme").await;
    assert_eq!(found.requests[0].user.as_str(), "ada");
    assert_eq!(other.cluster(&acme()).await.unwrap().unwrap(), found);
    other.close().await;
}
