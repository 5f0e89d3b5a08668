//! A database of the first release, brought to this one's schema.

use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_control::store::Store;
use sliderule_provisioning::account::Prices;
use sliderule_server::store::{Database, LineKind, Role, Standing};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

use crate::stage::NOW;

const FIRST: &str = include_str!("../../migrations/0001_accounts_clusters_money.sql");

/// What the first release left: acme with two nodes, of which one runs, and an open and a released request; emca,
/// which spent all it had; idle, which never had anything.
const CONTENT: &str = "
    INSERT INTO users (id, name, email, password_hash, github_id, created_at_ms) VALUES
        (1, 'ada', 'ada@example.org', 'hash', 42, 5), (2, 'bob', 'bob@example.org', 'hash', NULL, 5);
    INSERT INTO organizations (id, name, owner_id, min_nodes, max_nodes, version, is_public, paused, failed_boots,
                               node_hour_micro_usd, created_at_ms) VALUES
        (1, 'acme', 1, 1, 4, 'v4.0.4', 0, 1, 3, 300000, 5), (2, 'emca', 2, 0, 4, 'v4.0.4', 0, 0, 0, 226000, 5),
        (3, 'idle', 2, 0, 4, 'v4.0.4', 0, 0, 0, 226000, 5);
    INSERT INTO memberships VALUES (1, 1, 'owner', 'active', 5), (1, 2, 'manager', 'active', 5),
        (2, 2, 'owner', 'active', 5);
    INSERT INTO requests VALUES ('open', 1, 2, 2, 4102444800000, 7, NULL, 9), ('released', 1, 2, 2, 50, 7, 20, 9);
    INSERT INTO order_keys VALUES (1, 2, 'key', 'two nodes', 'open');
    INSERT INTO nodes VALUES ('runs', 1, 'ready', 'v4.0.4', 'http://127.0.0.1:9', 'secret', 10, 70, NULL),
        ('ended', 1, 'gone', 'v4.0.4', NULL, 'secret', 10, 70, 60);
    INSERT INTO ledger (organization_id, node_id, at_ms, kind, amount_micro_usd, balance_after_micro_usd, note,
                        idempotency_key) VALUES
        (1, NULL, 5, 'credit', 1000, 1000, 'opening credit', 'credit:acme:opening'),
        (1, 'runs', 10, 'charge', -300, 700, 'lease', 'lease:runs:70'),
        (2, NULL, 5, 'credit', 1000, 1000, 'opening credit', 'credit:emca:opening'),
        (2, NULL, 10, 'charge', -1000, 0, 'lease', 'lease:other:70'),
        (1, 'runs', 60, 'refund', 40, 740, 'unused', 'refund:runs');
    INSERT INTO spent_tokens VALUES ('jti', 4102444800);
    PRAGMA user_version = 1;";

#[tokio::test]
async fn a_database_of_the_first_release_keeps_its_people_and_its_money() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sliderule.db");
    let options = SqliteConnectOptions::new().filename(&path).create_if_missing(true).foreign_keys(true);
    let raw = SqlitePool::connect_with(options).await.unwrap();
    sqlx::raw_sql(FIRST).execute(&raw).await.unwrap();
    sqlx::raw_sql(CONTENT).execute(&raw).await.unwrap();

    let db = Database::open(&path).await.unwrap();
    assert_eq!(db.user_by_github(42).await.unwrap().unwrap().name.as_str(), "ada");
    assert_eq!(db.standing(2, "acme").await.unwrap(), Standing::Active(Role::Manager));
    let acme: OrganizationName = "acme".parse().unwrap();
    let cluster = db.cluster(&acme).await.unwrap().unwrap();
    assert!(cluster.nodes.is_empty() && cluster.requests.is_empty() && cluster.fixed.is_none());
    assert!(cluster.paused && cluster.limits.min_nodes == 1 && cluster.failed_boots == 3);
    let prices = Prices { node_hour: MicroUsd(300_000), ..Prices::LIST };
    assert_eq!((cluster.prices, cluster.account.balance), (prices, MicroUsd(740)));
    assert_eq!(cluster.account.credited, MicroUsd(740));

    let account = db.account(&acme).await.unwrap().unwrap();
    let lines: Vec<_> = account.lines.iter().map(|line| (line.kind, line.amount, line.at.0)).collect();
    assert_eq!(lines, [(LineKind::Credit, MicroUsd(740), 60)], "one line carries the balance over");
    for nothing in ["emca", "idle"] {
        let account = db.account(&nothing.parse().unwrap()).await.unwrap().unwrap();
        assert_eq!((account.cluster.account.balance, account.lines), (MicroUsd::ZERO, vec![]));
    }

    let earlier = db.order_by_key(&acme, &"bob".parse().unwrap(), "key").await.unwrap().unwrap();
    assert_eq!((earlier.order.as_str(), earlier.cost), ("two nodes", MicroUsd(9)));
    assert!(earlier.closed_at.is_some(), "an open request is closed");
    assert_eq!(db.busy(NOW).await.unwrap(), [acme], "which has a minimum; nothing else is left to do");

    let old: i64 =
        sqlx::query_scalar("SELECT sum(amount_micro_usd) FROM ledger_until_0002 WHERE organization_id = 1")
            .fetch_one(&raw)
            .await
            .unwrap();
    assert_eq!(old, 740, "the lines of old are kept");
    let spent = sqlx::raw_sql("SELECT 1 FROM spent_tokens").execute(&raw).await;
    assert!(spent.is_err(), "tokens of old are good for nothing any more, spent or not");
    for bend in ["DELETE FROM ledger_until_0002", "UPDATE ledger_until_0002 SET note = ''"] {
        assert!(sqlx::raw_sql(sqlx::AssertSqlSafe(bend)).execute(&raw).await.is_err(), "{bend}");
    }
    raw.close().await;
    db.close().await;
    Database::open(&path).await.expect("and it opens again").close().await;
}
