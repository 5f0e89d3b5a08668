//! What is remembered of the database is what it says, whoever writes to it and however close together.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use sliderule_api::sessions::SignedInBy;
use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::change::Change;
use sliderule_provisioning::cluster::{Cluster, Request};
use sliderule_server::auth::rotation::Exchange;
use sliderule_server::store::sessions::{Because, NewSession, Which, Whose};
use sliderule_server::store::{Actor, Admission, AdmissionKey, Database, Role, Standing};

use crate::stage::{Books, NOW};

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

/// Ada's session in acme.
async fn begin_session(db: &Database) -> AdmissionKey {
    let session = NewSession {
        id: "s".to_owned(),
        user: 1,
        organization: Some(acme()),
        how: SignedInBy::Password,
        opened_by: None,
        agent: String::new(),
        ends_at: 2_000_000,
        newest: "0".to_owned(),
        exchange: Exchange {
            at: 1_000_000,
            access_until: 1_003_600,
            refresh_until: 1_086_400,
            kid: "key".to_owned(),
        },
    };
    assert!(db.begin_session(&session, &Actor::command_line(), NOW).await.unwrap());
    AdmissionKey { session: "s".to_owned(), user: 1, organization: Some(acme()) }
}

async fn standing(db: &Database, key: &AdmissionKey) -> Option<Standing> {
    match db.admission(key).await.unwrap() {
        Admission::Open(admitted) => admitted.standing,
        Admission::Over | Admission::Disabled => None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_membership_that_somebody_else_ends_is_over_at_once() {
    let books = Arc::new(Books::of_acme().await);
    let key = begin_session(&books.db).await;
    let is_over = Arc::new(AtomicBool::new(false));
    // Somebody who always writes something else.
    let (busy, stop) = (books.clone(), is_over.clone());
    let writing = tokio::spawn(async move {
        while !stop.load(Ordering::SeqCst) {
            count(&busy, &busy.db, true).await;
        }
    });
    for _ in 0..TURNS {
        assert_eq!(standing(&books.db, &key).await, Some(Standing::Active(Role::Owner)));
        books.sql("UPDATE memberships SET state = 'deactivated' WHERE user_id = 1").await.unwrap();
        assert_eq!(standing(&books.db, &key).await, Some(Standing::Inactive));
        books.sql("UPDATE memberships SET state = 'active' WHERE user_id = 1").await.unwrap();
    }
    is_over.store(true, Ordering::SeqCst);
    writing.await.unwrap();
}

#[tokio::test]
async fn a_session_that_is_revoked_opens_nothing_from_then_on_in_any_program() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let key = begin_session(&books.db).await;
    for db in [&books.db, &other, &books.db] {
        assert_eq!(standing(db, &key).await, Some(Standing::Active(Role::Owner)));
    }
    let (whose, actor) = (Whose { user: 1, organization: None }, Actor::command_line());
    let revoked = books.db.revoke_sessions(&whose, Which::One("s"), Because::Revoked, &actor, NOW, 1_000_001);
    assert_eq!(revoked.await.unwrap(), 1);
    for db in [&books.db, &other] {
        assert_eq!(db.admission(&key).await.unwrap(), Admission::Over);
    }
    other.close().await;
}

#[tokio::test]
async fn an_organization_that_there_was_not_is_there_once_somebody_adds_it() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let name: OrganizationName = "zebra".parse().unwrap();
    assert_eq!(other.cluster(&name).await.unwrap(), None);
    books.add_organization("zebra", 1).await;
    assert_eq!(other.cluster(&name).await.unwrap().unwrap().organization, name);
    other.close().await;
}

#[tokio::test]
async fn who_is_named_in_other_letters_is_remembered_as_the_database_spells_them() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let request = Request {
        id: "r-1".parse().unwrap(),
        user: "ADA".parse().unwrap(),
        nodes: 1,
        created_at: NOW,
        expires_at: NOW,
    };
    let cost = MicroUsd::ZERO;
    books.change(&[Change::Place { request, cost }]).await.unwrap();
    let found = books.cluster("acme").await;
    assert_eq!(found.requests[0].user.as_str(), "ada");
    assert_eq!(other.cluster(&acme()).await.unwrap().unwrap(), found);
    other.close().await;
}
