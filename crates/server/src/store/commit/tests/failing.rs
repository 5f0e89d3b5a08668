//! What is refused, fails or breaks in a shared commit, and who is hurt by it.

use sliderule_api::MicroUsd;
use sliderule_control::store::StoreError;
use sliderule_provisioning::change::Breach;

use super::{Stage, Waiting, add_one, add_user, too_much};
use crate::store::commit::Admissions;
use crate::store::failed;

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
