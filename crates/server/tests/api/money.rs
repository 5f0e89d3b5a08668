//! What a cluster costs, as its members see it.

use sliderule_api::MicroUsd;
use sliderule_api::costs::{Costs, EntryKind};
use sliderule_api::status::ClusterState;

use crate::test_app::TestApp;

async fn costs(app: &TestApp, token: &str) -> Costs {
    app.get("/api/v1/organizations/acme/costs", token).await.json()
}

fn sum(costs: &Costs) -> MicroUsd {
    costs.entries.iter().map(|entry| entry.amount_micro_usd).sum()
}

#[tokio::test]
async fn the_entries_sum_to_the_balance_before_while_and_after_a_cluster_runs() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let before = costs(&app, &token).await;
    assert_eq!((before.balance_micro_usd, before.entries.len()), (MicroUsd(10_000_000), 1));

    app.ask(&token, 2, 15).await;
    app.until(&token, ClusterState::Running, 2).await;
    let running = costs(&app, &token).await;
    let charges = running.entries.iter().filter(|entry| entry.kind == EntryKind::Charge).count();
    assert_eq!((charges, sum(&running)), (2, running.balance_micro_usd), "one first lease for each node");
    assert_eq!(
        running.spent_micro_usd,
        MicroUsd(2 * 4_395),
        "a minute and the tail at $0.226 an hour, rounded up"
    );

    app.ask(&token, 0, 15).await;
    app.until(&token, ClusterState::Asleep, 0).await;
    let after = costs(&app, &token).await;
    assert_eq!(sum(&after), after.balance_micro_usd);
    assert_eq!(after.credited_micro_usd - after.spent_micro_usd, after.balance_micro_usd);
    assert!(after.spent_micro_usd < running.spent_micro_usd, "the unused part was given back");
    assert_eq!(after.entries.iter().filter(|entry| entry.kind == EntryKind::Refund).count(), 2);
}
