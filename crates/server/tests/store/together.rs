//! Several writers of one database.

use futures_util::future::join_all;
use sliderule_api::MicroUsd;
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::account::Posting;
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::{Cluster, Request};
use sliderule_server::store::Database;

use crate::stage::{Books, NOW, line, reserve};

#[tokio::test]
async fn two_programs_that_change_the_same_cluster_lose_nothing() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let only = ["acme".parse().unwrap()];
    let add_one = async |db: &Database, number: u64| {
        let decide = &mut |cluster: &Cluster| {
            let credit = line(&format!("credit:{number}"), Posting::Credit { amount: MicroUsd(1) });
            vec![credit, Change::FailedBoots { rounds: cluster.failed_boots + 1, latest: None }]
        };
        db.change(Writer::Operator, &only, decide).await.unwrap()
    };
    let both = (0..60).map(|i| add_one(if i % 2 == 0 { &books.db } else { &other }, i));
    assert!(join_all(both).await.iter().all(|changed| changed[0].outcome.is_ok()));
    let cluster = books.cluster("acme").await;
    assert_eq!((cluster.failed_boots, cluster.account.balance), (60, MicroUsd(10_000_060)));
    assert_eq!(cluster, other.cluster(&only[0]).await.unwrap().unwrap(), "both see the same");
    other.close().await;
}

#[tokio::test]
async fn of_many_that_reserve_all_there_is_one_does() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let only = ["acme".parse().unwrap()];
    let take_all = async |db: &Database| {
        let decide = &mut |cluster: &Cluster| {
            let all = cluster.account.available();
            if all > MicroUsd::ZERO {
                vec![reserve(cluster.account.reservations_made, all.0)]
            } else {
                vec![]
            }
        };
        db.change(Writer::Operator, &only, decide).await.unwrap()
    };
    join_all((0..20).map(|i| take_all(if i % 2 == 0 { &books.db } else { &other }))).await;
    let account = books.account().await;
    assert_eq!((account.available(), account.reservations_made), (MicroUsd::ZERO, 1));
    other.close().await;
}

#[tokio::test]
async fn a_change_that_names_nobodys_user_changes_nothing_and_keeps_no_other_from_changing() {
    let books = Books::of_acme().await;
    books.add_organization("zebra", 1).await;
    let before = books.cluster("acme").await;
    let (user, id) = ("eve".parse().unwrap(), "r-1".parse().unwrap());
    let request = Request { id, user, nodes: 1, created_at: NOW, expires_at: NOW };
    let both = ["acme", "zebra"].map(|name| name.parse().unwrap());
    let decide = &mut |cluster: &Cluster| match cluster.organization == both[0] {
        true => vec![Change::Paused(true), Change::Place { request: request.clone(), cost: MicroUsd(0) }],
        false => vec![Change::Paused(true)],
    };
    let changed = books.db.change(Writer::Operator, &both, decide).await.unwrap();
    assert_eq!(changed[0].outcome, Err(Breach::UnknownUser("eve".parse().unwrap())));
    assert_eq!(changed[1].outcome, Ok(()));
    assert_eq!(books.cluster("acme").await, before);
    assert!(books.cluster("zebra").await.paused);
}

#[tokio::test]
async fn what_only_the_schema_refuses_changes_nothing_and_keeps_no_other_from_changing() {
    let books = Books::of_acme().await;
    books.add_organization("zebra", i64::MAX).await;
    let both = ["zebra", "acme"].map(|name| name.parse().unwrap());
    let less = line("less", Posting::Adjust { amount: MicroUsd(-5) });
    let more = line("more than can be counted", Posting::Credit { amount: MicroUsd(10) });
    let lines = [less, more];
    let changed = books.db.change(Writer::Operator, &both, &mut |_| lines.to_vec()).await.unwrap();
    assert!(matches!(changed[0].outcome, Err(Breach::Other(_))), "{changed:?}");
    assert_eq!(changed[1].outcome, Ok(()));
    assert_eq!(books.account().await.balance, MicroUsd(10_000_005));
}

#[tokio::test]
async fn what_is_decided_twice_is_made_once() {
    let books = Books::of_acme().await;
    let mut asked = 0;
    let only = ["acme".parse().unwrap()];
    let decide = &mut |cluster: &Cluster| {
        asked += 1;
        vec![Change::FailedBoots { rounds: cluster.failed_boots + asked, latest: None }]
    };
    books.db.change(Writer::Operator, &only, decide).await.unwrap();
    assert_eq!(books.cluster("acme").await.failed_boots, asked, "the last answer counts");
}
