//! What the database says: nodes, money, and the ledger line by line, added up once more.

use std::collections::{BTreeMap, BTreeSet};

use sliderule_control::Store;
use sliderule_provisioning::cluster::Cluster;
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};

use super::world::World;

/// Milliseconds of an hour.
const HOUR: i128 = 3_600_000;

/// What is stored of acme, read from outside.
#[derive(Clone, Debug)]
pub(crate) struct Books {
    /// The cluster, as decisions see it.
    pub(crate) cluster: Cluster,
    /// The lines of the ledger, oldest first.
    pub(crate) lines: Vec<Line>,
    /// Every node that ever was.
    runs: Vec<Run>,
}

/// A line of the ledger.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    kind: String,
    amount: i64,
    set_aside: i64,
    reservation: Option<i64>,
    key: String,
}

/// A node's time.
#[derive(Clone, Copy, Debug)]
struct Run {
    began: i64,
    charged_until: i64,
    gone: Option<i64>,
    rate: i64,
}

impl Books {
    /// Reads them, all as of one instant, while a server may be running.
    pub(crate) async fn read(world: &World) -> Self {
        let db = world.database().await;
        loop {
            let organization = "acme".parse().unwrap();
            let cluster = db.cluster(&organization).await.unwrap().unwrap();
            let (lines, runs) = history(db.path()).await;
            // Nothing was written in between: lines are never removed, and every settlement writes some.
            if db.cluster(&organization).await.unwrap().as_ref() == Some(&cluster) {
                db.close().await;
                return Self { cluster, lines, runs };
            }
        }
    }

    /// How many times money was given.
    pub(crate) fn credits(&self) -> usize {
        self.lines.iter().filter(|line| line.kind == "credit").count()
    }

    /// The ledger adds up, nothing stands in it twice, and what was charged is what ran.
    pub(crate) fn assert_sound(&self) {
        let account = &self.cluster.account;
        let sum = |part: fn(&Line) -> i64| self.lines.iter().map(part).sum::<i64>();
        assert_eq!(sum(|line| line.amount), account.balance.0, "the balance is the sum of the lines");
        let pending = account.reservation.as_ref().map_or(0, |pending| pending.amount.0);
        assert_eq!(sum(|line| line.set_aside), pending, "what is set aside is the sum of the lines");
        let keys: BTreeSet<&str> = self.lines.iter().map(|line| line.key.as_str()).collect();
        assert_eq!(keys.len(), self.lines.len(), "no key stands there twice");
        self.assert_reservations();
        self.assert_charges();
    }

    /// Each reservation is made once and settled at most once, and nothing is charged to it beyond it.
    fn assert_reservations(&self) {
        let mut by_number = BTreeMap::<i64, Vec<&Line>>::new();
        for line in &self.lines {
            if let Some(number) = line.reservation {
                by_number.entry(number).or_default().push(line);
            }
        }
        for (number, lines) in by_number {
            let count = |kind: &str| lines.iter().filter(|line| line.kind == kind).count();
            let is_pending = self
                .cluster
                .account
                .reservation
                .as_ref()
                .is_some_and(|p| i64::try_from(p.number) == Ok(number));
            assert_eq!((count("reserve"), count("settle")), (1, usize::from(!is_pending)), "{lines:?}");
            let left: i64 = lines.iter().map(|line| line.set_aside).sum();
            assert!(left >= 0 && (is_pending || left == 0), "{lines:?}");
        }
    }

    /// Every node's time is charged once, rounded down once; the rest is the fixed part's, and no more than that.
    fn assert_charges(&self) {
        assert!(self.lines.iter().all(|line| line.kind != "overrun"), "no node outlived its tail");
        let charged: i64 =
            self.lines.iter().filter(|line| line.kind == "charge").map(|line| -line.amount).sum();
        let cost =
            |rate: i64, lasting: i64| i64::try_from(i128::from(rate) * i128::from(lasting) / HOUR).unwrap();
        let nodes: i64 = self.runs.iter().map(|run| cost(run.rate, run.charged_until - run.began)).sum();
        let fixed = charged - nodes;
        let awake: i64 = awake(&self.runs);
        let most = cost(self.cluster.prices.fixed_hour.0, awake) + 1;
        assert!((0..=most).contains(&fixed), "of {charged} the nodes cost {nodes}, the rest at most {most}");
    }
}

/// For how long there was any node, in milliseconds.
fn awake(runs: &[Run]) -> i64 {
    let mut times: Vec<(i64, i64)> =
        runs.iter().map(|run| (run.began, run.gone.unwrap_or(i64::MAX).max(run.charged_until))).collect();
    times.sort_unstable();
    let (mut total, mut until) = (0_i64, i64::MIN);
    for (began, ended) in times {
        total = total.saturating_add(ended.saturating_sub(began.max(until)).max(0));
        until = until.max(ended);
    }
    total
}

async fn history(database: &std::path::Path) -> (Vec<Line>, Vec<Run>) {
    let options = SqliteConnectOptions::new().filename(database).read_only(true);
    let pool: SqlitePool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let mut tx = pool.begin().await.unwrap();
    let lines = sqlx::query(
        "SELECT kind, amount_micro_usd, set_aside, reservation, idempotency_key FROM ledger ORDER BY line",
    );
    let lines = lines.fetch_all(&mut *tx).await.unwrap();
    let runs = sqlx::query("SELECT began_at_ms, charged_until_ms, gone_at_ms, rate_micro_usd FROM nodes");
    let runs = runs.fetch_all(&mut *tx).await.unwrap();
    drop(tx);
    pool.close().await;
    let lines = lines.iter().map(|row| Line {
        kind: row.get(0),
        amount: row.get(1),
        set_aside: row.get(2),
        reservation: row.get(3),
        key: row.get(4),
    });
    let runs = runs.iter().map(|row| Run {
        began: row.get(0),
        charged_until: row.get(1),
        gone: row.get(2),
        rate: row.get(3),
    });
    (lines.collect(), runs.collect())
}
