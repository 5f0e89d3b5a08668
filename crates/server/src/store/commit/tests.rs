//! Shared commits, and what goes wrong in them.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::future::join_all;
use sliderule_api::{MicroUsd, UserName};
use sliderule_control::store::{Store, StoreError, Writer};
use sliderule_provisioning::account::{Allowance, Entry, Posting, Prices};
use sliderule_provisioning::change::{Breach, Change, Notice, NoticeKind};
use sliderule_provisioning::cluster::{Cluster, Limits, Request};
use sliderule_provisioning::time::Moment;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::{Admissions, Writing};
use crate::store::wal_index::WalIndex;
use crate::store::{Actor, AuditEntry, AuditLine, Audited, Database, NewOrganization, Tx, failed};

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

fn notice(user: &str) -> Notice {
    let (key, message, user) = ("key".to_owned(), String::new(), Some(user.parse().unwrap()));
    Notice { at: Moment(0), key, kind: NoticeKind::ALL[0], user, message }
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

#[tokio::test]
async fn many_callers_share_a_commit_and_add_up() {
    let stage = Stage::new().await;
    let before = stage.commits();
    let count = |number: usize| -> Waiting<'_, _> {
        Box::pin(stage.change(if number.is_multiple_of(3) { "zebra" } else { "acme" }, add_one))
    };
    let outcomes = stage.at_once((0..300).map(count).collect(), async {}).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Ok(())))));
    assert_eq!((stage.rounds("acme").await, stage.rounds("zebra").await), (200, 100));
    assert_eq!(stage.number::<i64>("SELECT sum(failed_boots) FROM organizations").await, 300);
    assert_eq!(stage.commits() - before, 1);
}

#[tokio::test]
async fn of_many_one_is_refused_by_the_schema_and_all_others_are_made() {
    let stage = Stage::new().await;
    let mut asked = 0;
    let waiting: Vec<Waiting<'_, _>> = vec![
        Box::pin(stage.change("acme", add_one)),
        Box::pin(stage.change("zebra", |_| too_much())),
        Box::pin(stage.change("acme", add_one)),
        Box::pin(stage.change("zebra", |cluster| {
            asked += 1;
            assert!(
                asked == 1 || cluster.account.balance == MicroUsd(1_000_000),
                "what was refused is not there"
            );
            add_one(cluster)
        })),
    ];
    let outcomes = stage.at_once(waiting, async {}).await;
    assert!(matches!(outcomes[1], Ok(Err(Breach::Other(_)))), "{outcomes:?}");
    assert!([0, 2, 3].iter().all(|&index| matches!(outcomes[index], Ok(Ok(())))), "{outcomes:?}");
    assert_eq!(asked, 2, "what was decided on top of it is decided again");
    assert_eq!((stage.rounds("acme").await, stage.rounds("zebra").await), (2, 1));
    assert_eq!(stage.number::<i64>("SELECT count(*) FROM ledger").await, 2);
}

#[tokio::test]
async fn what_was_decided_before_another_process_wrote_is_decided_again() {
    let stage = Stage::new().await;
    let asked = AtomicU32::new(0);
    let count = |_| -> Waiting<'_, _> {
        Box::pin(stage.change("acme", |cluster| {
            asked.fetch_add(1, Ordering::Relaxed);
            add_one(cluster)
        }))
    };
    let meanwhile = stage.sql("UPDATE organizations SET failed_boots = failed_boots + 100");
    let outcomes = stage.at_once((0..5).map(count).collect(), meanwhile).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(Ok(())))));
    assert_eq!(stage.rounds("acme").await, 105);
    assert!(asked.into_inner() >= 10, "each was asked again");
}

#[tokio::test]
async fn a_server_that_is_followed_while_it_waits_writes_nothing() {
    let stage = Stage::new().await;
    let earlier = stage.db.begin_epoch().await.unwrap();
    let (server, only) = (Writer::Server(earlier), ["acme".parse().unwrap()]);
    stage.db.change(server, &only, &mut |_| Vec::new()).await.unwrap();
    let mut decide = add_one;
    let change: Waiting<'_, _> = Box::pin(stage.db.change(server, &only, &mut decide));
    let follow = stage.sql("UPDATE epoch SET number = number + 1");
    let outcome = stage.at_once(vec![change], follow).await.remove(0);
    assert!(matches!(outcome, Err(StoreError::Fenced)), "{outcome:?}");
    assert_eq!(stage.rounds("acme").await, 0);
}

#[tokio::test]
async fn nobody_reads_what_is_not_durable_yet_and_nobody_is_told() {
    let stage = Stage::new().await;
    // A job in the same transaction, which takes its time.
    let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (at, until) = (reached.clone(), go_on.clone());
    let slow = stage.db.together("took its time", Admissions::Kept, move |_| {
        let (at, until) = (at.clone(), until.clone());
        Box::pin(async move {
            at.notify_one();
            until.notified().await;
            Ok(())
        })
    });
    let counting = stage.change("acme", add_one);
    let waiting: Vec<Waiting<'_, Result<(), StoreError>>> =
        vec![Box::pin(async { counting.await.map(|made| made.unwrap()) }), Box::pin(slow)];
    let told = AtomicU32::new(0);
    let all = async {
        stage.at_once(waiting, async {}).await.into_iter().for_each(|outcome| outcome.unwrap());
        told.store(1, Ordering::Relaxed);
    };
    let looking = async {
        reached.notified().await;
        assert_eq!(stage.rounds("acme").await, 0, "it is written, and not committed");
        // Who finds nothing to do because of it is not told so, either.
        let mut seen = 0;
        {
            let resting = stage.change("acme", |cluster| {
                seen = cluster.failed_boots;
                Vec::new()
            });
            tokio::pin!(resting);
            for _ in 0..50 {
                assert!(futures_util::poll!(&mut resting).is_pending());
                tokio::task::yield_now().await;
            }
            assert_eq!(told.load(Ordering::Relaxed), 0);
            go_on.notify_one();
            assert_eq!(resting.await.unwrap(), Ok(()));
        }
        assert_eq!((seen, stage.rounds("acme").await), (1, 1));
    };
    tokio::join!(all, looking);
}

#[tokio::test]
async fn a_job_that_fails_fails_alone() {
    let stage = Stage::new().await;
    let taken = stage.db.together("added somebody", Admissions::Kept, add_user("ada"));
    let new = stage.db.together("added somebody", Admissions::Kept, add_user("bob"));
    let counting = stage.change("acme", add_one);
    let waiting: Vec<Waiting<'_, Result<(), StoreError>>> =
        vec![Box::pin(new), Box::pin(taken), Box::pin(async { counting.await.map(|made| made.unwrap()) })];
    let outcomes = stage.at_once(waiting, async {}).await;
    assert!(matches!(outcomes.as_slice(), [Ok(()), Err(StoreError::Failed { .. }), Ok(())]), "{outcomes:?}");
    assert_eq!(stage.rounds("acme").await, 1);
    assert_eq!(stage.number::<i64>("SELECT count(*) FROM users").await, 2, "ada and bob");
}

#[tokio::test]
async fn a_decision_and_its_line_in_the_audit_log_are_written_together_or_not_at_all() {
    let stage = Stage::new().await;
    let only = ["acme".parse().unwrap()];
    let change = async |subject: &'static str, changes: fn(&Cluster) -> Vec<Change>| {
        let actor = Actor { user: Some(1), ..Actor::command_line() };
        let subject = subject.to_owned();
        let entry =
            AuditEntry { actor, organization: None, action: "counted", subject, detail: String::new() };
        let line = AuditLine { entry, at: Moment(7) };
        let store = Audited::new(stage.db.clone());
        let decide = &mut |cluster: &Cluster| {
            store.tell(Some(line.clone()));
            changes(cluster)
        };
        store.change(Writer::Operator, &only, decide).await.unwrap().remove(0).outcome
    };
    let waiting: Vec<Waiting<'_, _>> = vec![
        Box::pin(change("first", add_one)),
        Box::pin(change("nothing", |_| Vec::new())),
        Box::pin(change("second", add_one)),
    ];
    assert_eq!(stage.at_once(waiting, async {}).await, [Ok(()), Ok(()), Ok(())]);
    assert!(change("refused", |_| too_much()).await.is_err());
    let nobody = |_: &Cluster| vec![Change::Notify(notice("nobody"))];
    assert_eq!(change("stranger", nobody).await, Err(Breach::UnknownUser("nobody".parse().unwrap())));
    let lines: String = stage
        .number("SELECT group_concat(at_ms || user_id || organization_id || action || subject) FROM audit WHERE action = 'counted'")
        .await;
    assert_eq!(lines, "711countedfirst,711countedsecond");
    assert_eq!(stage.rounds("acme").await, 2);
}

#[tokio::test]
async fn a_commit_that_fails_is_told_to_everybody_in_it_and_nothing_of_it_is_left() {
    let stage = Stage::new().await;
    // A debt that falls due with the commit.
    let broken = stage.db.together("broke something", Admissions::Kept, |tx| {
        Box::pin(async move {
            let statement =
                "PRAGMA defer_foreign_keys = ON; INSERT INTO fixed_meters VALUES (99, 0, 0, 0, 0, 0)";
            sqlx::raw_sql(statement).execute(&mut **tx).await.map(drop).map_err(failed("broke something"))
        })
    });
    let counting = stage.change("acme", add_one);
    let waiting: Vec<Waiting<'_, Result<(), StoreError>>> =
        vec![Box::pin(broken), Box::pin(async { counting.await.map(|made| made.unwrap()) })];
    let outcomes = stage.at_once(waiting, async {}).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Failed { .. }))), "{outcomes:?}");
    assert_eq!(stage.rounds("acme").await, 0);
    assert_eq!(stage.change("acme", add_one).await.unwrap(), Ok(()));
    assert_eq!(
        (
            stage.rounds("acme").await,
            stage.number::<i64>("SELECT sum(failed_boots) FROM organizations").await
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_job_that_panics_leaves_nobody_waiting_and_harms_nobody_later() {
    let stage = Stage::new().await;
    let broken = stage.db.together::<()>("broke something", Admissions::Kept, |_| panic!("a fault"));
    let counting = stage.change("acme", add_one);
    let waiting: Vec<Waiting<'_, Result<(), StoreError>>> =
        vec![Box::pin(broken), Box::pin(async { counting.await.map(|made| made.unwrap()) })];
    let outcomes = stage.at_once(waiting, async {}).await;
    assert!(outcomes.iter().all(Result::is_err), "{outcomes:?}");
    assert_eq!(stage.change("acme", add_one).await.unwrap(), Ok(()));
    assert_eq!(stage.rounds("acme").await, 1);
}

#[tokio::test]
async fn whoever_hangs_up_while_they_wait_holds_up_nobody() {
    let stage = Stage::new().await;
    let held = stage.db.writer.acquire().await.unwrap();
    {
        let gone = stage.change("acme", add_one);
        tokio::pin!(gone);
        assert!(futures_util::poll!(&mut gone).is_pending());
    }
    let staying = stage.change("acme", add_one);
    tokio::pin!(staying);
    assert!(futures_util::poll!(&mut staying).is_pending());
    drop(held);
    assert_eq!(staying.await.unwrap(), Ok(()));
    assert_eq!(stage.rounds("acme").await, 2, "what was left to be written is written");
}

#[tokio::test]
async fn a_key_stands_for_one_order_also_among_those_that_wait() {
    let stage = Stage::new().await;
    let order = |id: &'static str, text: &'static str, key: &'static str| -> Waiting<'_, _> {
        let changes = move |cluster: &Cluster| {
            let id: sliderule_api::RequestId = id.parse().unwrap();
            let request = Request {
                id: id.clone(),
                user: ada(),
                nodes: 1,
                created_at: Moment(0),
                expires_at: Moment(9),
            };
            let place = Change::Place { request, cost: MicroUsd(0) };
            let keyed = Change::Keyed {
                user: ada(),
                key: key.to_owned(),
                order: text.to_owned(),
                request: id.clone(),
            };
            match cluster.requests.iter().any(|open| open.id == id) {
                true => vec![keyed],
                false => vec![place, keyed],
            }
        };
        Box::pin(stage.change("acme", changes))
    };
    let waiting = vec![
        order("r-1", "one node", "k"),
        order("r-1", "one node", "k"),
        order("r-2", "two nodes", "k"),
        order("r-3", "one node", "another"),
    ];
    let outcomes: Vec<_> = stage.at_once(waiting, async {}).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [Ok(()), Ok(()), Err(Breach::OrderKeyTaken), Ok(())]);
    assert_eq!(stage.number::<i64>("SELECT count(*) FROM order_keys").await, 2);
    assert_eq!(stage.number::<i64>("SELECT count(*) FROM requests").await, 2);
    let later = vec![order("r-4", "one node", "k"), order("r-3", "one node", "another")];
    let outcomes: Vec<_> = stage.at_once(later, async {}).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes, [Err(Breach::OrderKeyTaken), Ok(())]);
}
