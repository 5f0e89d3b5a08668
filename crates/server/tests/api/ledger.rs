//! What the database itself does not let happen to money, without a server around it.

use sliderule_api::{MicroUsd, NodeId};
use sliderule_control::{Clock, NewNode, Renewal, Store, SystemClock};
use sliderule_provisioning::cluster::{Moment, Terms};
use sliderule_server::data::DataDir;
use sliderule_server::store::Database;
use sqlx::Executor;
use tempfile::TempDir;

use crate::test_app::{add_organization, add_user, eventually};

/// A database in which acme has ten dollars.
struct Books {
    db: Database,
    _dir: TempDir,
}

impl Books {
    async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = DataDir::open(dir.path()).unwrap().database().await.unwrap();
        add_user(&db, "ada", None).await;
        add_organization(&db, "acme", "ada", "10").await;
        Self { db, _dir: dir }
    }
}

fn node(name: &str, price: i64, now: Moment) -> NewNode {
    NewNode {
        id: name.parse().unwrap(),
        organization: "acme".parse().unwrap(),
        version: "v4.0.4".parse().unwrap(),
        secret_hash: "hash".into(),
        created_at: now,
        paid_until: Moment(now.0 + 60_000),
        price: MicroUsd(price),
    }
}

#[tokio::test]
async fn a_node_that_the_balance_does_not_cover_is_not_begun_and_leaves_no_trace() {
    let books = Books::open().await;
    let now = SystemClock.now();
    assert!(!books.db.begin_node(&node("dear", 10_000_001, now)).await.unwrap());
    let cluster = books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!((cluster.nodes.len(), cluster.balance), (0, MicroUsd(10_000_000)));
    assert!(books.db.begin_node(&node("exact", 10_000_000, now)).await.unwrap());
    assert!(!books.db.begin_node(&node("next", 1, now)).await.unwrap());
}

#[tokio::test]
async fn a_lease_is_renewed_for_its_own_secret_only_and_charged_once() {
    let books = Books::open().await;
    let now = SystemClock.now();
    let id: NodeId = "n-1".parse().unwrap();
    books.db.begin_node(&node("n-1", 4_395, now)).await.unwrap();
    let pull = async |secret: &str, at: i64| {
        let (at, lease) = (Moment(now.0 + at), Terms::LOCAL.lease);
        books.db.renew_lease(&id, secret, "http://127.0.0.1:9", at, lease).await.unwrap()
    };
    let paid = |at: i64| Renewal::Granted { paid_until: Moment(now.0 + at) };
    assert_eq!(pull("other", 1_000).await, Renewal::Refused);
    assert_eq!(pull("hash", 20_000).await, paid(60_000), "more than half a lease is paid ahead");
    let balance = async || books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap().balance;
    assert_eq!(balance().await, MicroUsd(10_000_000 - 4_395));
    assert_eq!(pull("hash", 40_000).await, paid(100_000));
    assert_eq!(pull("hash", 40_000).await, paid(100_000), "the same pull again costs nothing");
    assert_eq!(balance().await, MicroUsd(10_000_000 - 4_395 - 2_512), "forty seconds, rounded up");
}

#[tokio::test]
async fn a_node_is_gone_once_and_refunded_once() {
    let books = Books::open().await;
    let now = SystemClock.now();
    books.db.begin_node(&node("n-1", 4_395, now)).await.unwrap();
    let id: NodeId = "n-1".parse().unwrap();
    let (renewed, gone) = (Moment(now.0 + 40_000), Moment(now.0 + 50_000));
    // Charged while it was dying: what is given back follows from the row, not from what somebody read before.
    books.db.renew_lease(&id, "hash", "http://127.0.0.1:9", renewed, Terms::LOCAL.lease).await.unwrap();
    for _ in 0..3 {
        books.db.node_gone(&id, gone, Terms::LOCAL, true).await.unwrap();
    }
    let cluster = books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap();
    // 40 s charged, rounded up; 60 s given back, rounded down.
    let balance = MicroUsd(10_000_000 - 4_395 - 2_512 + 3_766);
    assert_eq!((cluster.balance, cluster.failed_boots), (balance, 1));
}

#[tokio::test]
async fn nodes_launched_together_fail_once_and_a_start_of_the_server_forgives() {
    let books = Books::open().await;
    let now = SystemClock.now();
    for (name, at) in [("n-1", now), ("n-2", now), ("n-3", Moment(now.0 + 1))] {
        books.db.begin_node(&node(name, 4_395, at)).await.unwrap();
    }
    let gone = async |name: &str| {
        books.db.node_gone(&name.parse().unwrap(), Moment(now.0 + 9), Terms::LOCAL, true).await.unwrap();
        books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap().failed_boots
    };
    assert_eq!([gone("n-1").await, gone("n-2").await, gone("n-3").await], [1, 1, 2]);
    books.db.forgive_failed_boots().await.unwrap();
    let cluster = books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(cluster.failed_boots, 0);
}

#[tokio::test]
async fn the_first_renewal_of_a_ready_node_ends_the_count_of_failed_boots() {
    let books = Books::open().await;
    let now = SystemClock.now();
    books.db.begin_node(&node("n-1", 4_395, now)).await.unwrap();
    books.db.begin_node(&node("n-2", 4_395, Moment(now.0 + 1))).await.unwrap();
    books.db.node_gone(&"n-1".parse().unwrap(), now, Terms::LOCAL, true).await.unwrap();
    let id: NodeId = "n-2".parse().unwrap();
    let failed = async || books.db.cluster(&"acme".parse().unwrap()).await.unwrap().unwrap().failed_boots;
    books.db.node_ready(&id, "http://127.0.0.1:9").await.unwrap();
    assert_eq!(failed().await, 1, "to register is not yet to live");
    let later = Moment(now.0 + 40_000);
    books.db.renew_lease(&id, "hash", "http://127.0.0.1:9", later, Terms::LOCAL.lease).await.unwrap();
    assert_eq!(failed().await, 0);
}

#[tokio::test]
async fn the_database_itself_refuses_to_bend_the_ledger() {
    let books = Books::open().await;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(books.db.path());
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let insert = "INSERT INTO ledger (organization_id, at_ms, kind, note, idempotency_key, amount_micro_usd, \
                  balance_after_micro_usd) VALUES (1, 0, ";
    for (statement, why) in [
        ("UPDATE ledger SET amount_micro_usd = 1".to_owned(), "never changed"),
        ("DELETE FROM ledger".to_owned(), "never removed"),
        (format!("{insert}'charge', '', 'a', -10000001, -1)"), "does not cover"),
        (format!("{insert}'credit', '', 'b', 5, 5)"), "does not follow"),
        (format!("{insert}'charge', '', 'c', 5, 10000005)"), "CHECK"),
        (format!("{insert}'credit', '', 'credit:acme:opening', 5, 10000005)"), "UNIQUE"),
    ] {
        let refused = pool.execute(sqlx::AssertSqlSafe(statement)).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    pool.close().await;
}

#[tokio::test]
async fn two_writers_of_one_database_lose_nothing() {
    let books = Books::open().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let now = SystemClock.now();
    let begin = |db: Database, name: String| {
        tokio::spawn(async move { db.begin_node(&node(&name, 300_000, now)).await.unwrap() })
    };
    let begun =
        (0..40).map(|i| begin(if i % 2 == 0 { books.db.clone() } else { other.clone() }, format!("n-{i}")));
    let begun = futures_util::future::join_all(begun).await;
    assert_eq!(
        begun.into_iter().filter(|begun| *begun.as_ref().unwrap()).count(),
        33,
        "ten dollars at thirty cents"
    );
    eventually("both see the same", async || {
        let organization = "acme".parse().unwrap();
        let (ours, theirs) = (books.db.cluster(&organization).await, other.cluster(&organization).await);
        (ours.unwrap() == theirs.unwrap()).then_some(())
    })
    .await;
    other.close().await;
}
