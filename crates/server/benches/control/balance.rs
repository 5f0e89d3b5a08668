//! The balance of an organization with a million lines in its ledger.

use std::time::Instant;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::house::{self, House};
use crate::report::{Report, median};

/// Credits of one micro-dollar after the opening credit, so that lines can be written in bulk, past no rule.
const LINES: &str = "
    WITH RECURSIVE series (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM series WHERE n < 1000000)
    INSERT INTO ledger (organization_id, line, at_ms, kind, amount_micro_usd, set_aside, note, idempotency_key,
                        balance_after, credited_after, reservations_after)
    SELECT organization_id, 1 + n, at_ms, 'credit', 1, 0, 'one of many', 'many:' || n,
        balance_after + n, credited_after + n, 0
    FROM ledger, series WHERE line = 1";

/// How often it is asked.
const QUERIES: usize = 200;

pub(crate) async fn measure(report: &mut Report) {
    let house = House::open().await;
    let name = "acme".parse().unwrap();
    house.db.add_organization(&house::organization(&name)).await.unwrap();
    let options = SqliteConnectOptions::new().filename(house.db.path());
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    sqlx::query(LINES).execute(&pool).await.unwrap();
    pool.close().await;

    let mut measured = Vec::new();
    for _ in 0..QUERIES {
        let began = Instant::now();
        let account = house.db.account(&name).await.unwrap().unwrap();
        measured.push(began.elapsed());
        assert_eq!(account.cluster.account.balance.0, 101_000_000);
    }
    let what = format!("balance and newest lines of a ledger of a million, median of {QUERIES}");
    report.goal("balance_million_ms", what, median(&mut measured), 1.0);
    house.close().await;
}
