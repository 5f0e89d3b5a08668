//! Who shares a commit, what they see of each other, and what others see of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sliderule_api::MicroUsd;
use sliderule_control::store::{Store, StoreError, Writer};
use sliderule_provisioning::change::{Breach, Change, Notice, NoticeKind};
use sliderule_provisioning::cluster::{Cluster, Request};
use sliderule_provisioning::time::Moment;
use tokio::sync::Notify;

use super::{Stage, Waiting, ada, add_one, too_much};
use crate::store::commit::Admissions;
use crate::store::{Actor, AuditEntry, AuditLine, Audited};

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

fn notice(user: &str) -> Notice {
    let (key, message, user) = ("key".to_owned(), String::new(), Some(user.parse().unwrap()));
    Notice { at: Moment(0), key, kind: NoticeKind::ALL[0], user, message }
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
