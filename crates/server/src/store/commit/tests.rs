//! Shared commits: `sharing`, and what goes wrong in them: `failing`.

mod failing;
mod sharing;

use std::future::Future;
use std::pin::Pin;

use futures_util::future::join_all;
use sliderule_api::{MicroUsd, UserName};
use sliderule_control::store::{Store, StoreError, Writer};
use sliderule_provisioning::account::{Allowance, Entry, Posting, Prices};
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::{Cluster, Limits};
use sliderule_provisioning::time::Moment;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;

use super::Writing;
use crate::store::wal_index::WalIndex;
use crate::store::{Database, NewOrganization, Tx, failed};

type Waiting<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A database with two organizations of ada's, a second connection to it, and somebody who counts its commits.
struct Stage {
    db: Database,
    raw: SqlitePool,
    index: WalIndex,
    _dir: TempDir,
}

impl Stage {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let db = Database::open(&dir.path().join("sliderule.db")).await.unwrap();
        let options = SqliteConnectOptions::new().filename(db.path());
        let index = WalIndex::open(db.path(), &options).await.unwrap();
        let raw = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let stage = Self { db, raw, index, _dir: dir };
        stage
            .sql("INSERT INTO users (name, email, password_hash, created_at_ms) VALUES ('ada', 'a', '', 0)")
            .await;
        for name in ["acme", "zebra"] {
            let new = NewOrganization {
                name: name.parse().unwrap(),
                owner: ada(),
                credit: MicroUsd(1_000_000),
                limits: Limits { min_nodes: 0, max_nodes: 9, per_user: None },
                version: "v4.0.4".parse().unwrap(),
                is_public: false,
                prices: Prices::LIST,
                allowance: Allowance::default(),
                at: Moment(0),
            };
            stage.db.add_organization(&new).await.unwrap();
        }
        stage.warm().await;
        stage
    }

    /// All is remembered that decisions need, so that each is left to be written as soon as it is polled.
    async fn warm(&self) {
        for name in ["acme", "zebra"] {
            assert_eq!(self.change(name, |_| Vec::new()).await.unwrap(), Ok(()));
        }
    }

    async fn sql(&self, statement: &'static str) {
        sqlx::raw_sql(statement).execute(&self.raw).await.unwrap();
    }

    /// What the database says, whatever is remembered.
    async fn number<T>(&self, query: &'static str) -> T
    where
        T: for<'r> sqlx::Decode<'r, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + Unpin,
    {
        sqlx::query_scalar(query).fetch_one(&self.raw).await.unwrap()
    }

    async fn rounds(&self, name: &str) -> u32 {
        self.db.cluster(&name.parse().unwrap()).await.unwrap().unwrap().failed_boots
    }

    async fn change(
        &self,
        name: &str,
        mut decide: impl FnMut(&Cluster) -> Vec<Change> + Send,
    ) -> Result<Result<(), Breach>, StoreError> {
        let changed = self.db.change(Writer::Operator, &[name.parse().unwrap()], &mut decide).await?;
        Ok(changed[0].outcome.clone())
    }

    /// Lets all of them leave what they have to write before any of it is written.
    async fn at_once<'a, T>(
        &self,
        waiting: Vec<Waiting<'a, T>>,
        meanwhile: impl Future<Output = ()>,
    ) -> Vec<T> {
        let held = self.db.writer.acquire().await.unwrap();
        let release = async {
            tokio::task::yield_now().await;
            meanwhile.await;
            drop(held);
        };
        tokio::join!(join_all(waiting), release).0
    }

    fn commits(&self) -> u32 {
        self.index.mark().unwrap().commits
    }
}

fn ada() -> UserName {
    "ada".parse().unwrap()
}

fn add_one(cluster: &Cluster) -> Vec<Change> {
    vec![Change::FailedBoots { rounds: cluster.failed_boots + 1, latest: None }]
}

fn credit(key: &str, amount: i64) -> Change {
    let (key, note) = (key.to_owned(), String::new());
    Change::Enter(Entry { at: Moment(0), key, note, posting: Posting::Credit { amount: MicroUsd(amount) } })
}

/// What only the schema refuses: more than can be counted, on the way.
fn too_much() -> Vec<Change> {
    let less = Posting::Adjust { amount: MicroUsd(-i64::MAX) };
    let less = Entry { at: Moment(0), key: "less".to_owned(), note: String::new(), posting: less };
    vec![Change::Enter(less), credit("more", i64::MAX)]
}

/// Writes that user, whose e-mail address must be nobody else's.
fn add_user(name: &'static str) -> impl for<'t> Fn(&'t mut Tx) -> Writing<'t, ()> + Send + Sync {
    move |tx| {
        Box::pin(async move {
            sqlx::query(
                "INSERT INTO users (name, email, password_hash, created_at_ms) VALUES (?1, ?1, '', 0)",
            )
            .bind(name)
            .execute(&mut **tx)
            .await
            .map(drop)
            .map_err(failed("added somebody"))
        })
    }
}
