//! What a cluster costs, as its members see it: before, while and after it runs.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::costs::{Costs, EntryKind, Spend};
use sliderule_api::notices::Notices;
use sliderule_api::status::{Block, ClusterState, ClusterStatus, Estimate, Fit, Grant, Runway};
use sliderule_api::{MicroUsd, Problem};
use sliderule_provisioning::hand;

use crate::test_app::{Answer, TestApp, eventually};

async fn costs(app: &TestApp, token: &str) -> Costs {
    app.get("/api/v1/organizations/acme/costs", token).await.json()
}

fn sum(costs: &Costs) -> MicroUsd {
    costs.entries.iter().map(|entry| entry.amount_micro_usd).sum()
}

fn set_aside(costs: &Costs) -> MicroUsd {
    costs.entries.iter().map(|entry| entry.reserved_micro_usd).sum()
}

fn kinds(costs: &Costs, kind: EntryKind) -> usize {
    costs.entries.iter().filter(|entry| entry.kind == kind).count()
}

/// Half a dollar: at 22.6 cents a node and 15.3 cents a cluster, one node for a bit more than an hour.
async fn poor() -> TestApp {
    TestApp::start().await.with_user("ada").await.with_organization("acme", "ada", "0.5").await
}

async fn estimate(app: &TestApp, token: &str, nodes: u32, seconds: u64) -> Answer {
    app.get(
        &format!("/api/v1/organizations/acme/estimate?nodes={nodes}&time_to_live_seconds={seconds}"),
        token,
    )
    .await
}

#[tokio::test]
async fn the_entries_sum_to_the_balance_before_while_and_after_a_cluster_runs() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let before = costs(&app, &token).await;
    assert_eq!((before.balance_micro_usd, before.entries.len()), (MicroUsd(10_000_000), 1));
    assert_eq!(before.free_micro_usd, MicroUsd(10_000_000));
    assert_eq!(
        (before.node_hour_micro_usd, before.fixed_hour_micro_usd),
        (MicroUsd(226_000), MicroUsd(153_000))
    );

    app.ask(&token, 2, 15).await;
    app.until(&token, ClusterState::Running, 2).await;
    let running = costs(&app, &token).await;
    assert_eq!(kinds(&running, EntryKind::Reserve), 1, "one reservation for the nodes and the cluster");
    assert_eq!((sum(&running), set_aside(&running)), (running.balance_micro_usd, running.reserved_micro_usd));
    // A minute and the tail of two nodes at $0.226 and of the cluster at $0.153 an hour, rounded up.
    assert_eq!(running.reserved_micro_usd, MicroUsd(11_764));
    let granted = running.reserved_micro_usd + running.promised_micro_usd + running.free_micro_usd;
    assert!((granted.0 - 10_000_000).abs() <= 2, "every micro-dollar is somewhere: {granted}");

    assert!(
        running.running_up_micro_usd < running.reserved_micro_usd,
        "what ran is paid from what is set aside"
    );

    app.ask(&token, 0, 15).await;
    app.until(&token, ClusterState::Asleep, 0).await;
    let after = costs(&app, &token).await;
    assert_eq!((sum(&after), set_aside(&after)), (after.balance_micro_usd, MicroUsd::ZERO));
    assert_eq!(after.credited_micro_usd - after.spent_micro_usd, after.balance_micro_usd);
    assert_eq!(after.free_micro_usd, after.balance_micro_usd, "what was not used is free again");
    assert_eq!(after.running_up_micro_usd, MicroUsd::ZERO);
    assert!(after.spent_micro_usd > MicroUsd::ZERO && after.spent_micro_usd < running.reserved_micro_usd);
    assert_eq!(kinds(&after, EntryKind::Reserve), kinds(&after, EntryKind::Settle));
    let payers = after.entries.iter().filter(|entry| entry.kind == EntryKind::Charge);
    for charge in payers {
        assert_eq!(charge.payer.as_ref().map(|user| user.as_str()), Some("ada"), "{charge:?}");
    }
}

#[tokio::test]
async fn what_the_money_does_not_cover_is_refused_with_what_fits_and_that_is_granted() {
    let app = poor().await;
    let token = app.token().await;
    let order = json!({ "nodes": 4, "time_to_live_seconds": 3600 });
    let refused = app.order(&token, "k", order).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (402, "insufficient_funds"));
    let problem: Problem = refused.json();
    assert_eq!(problem.fits, [Fit { nodes: 1, minutes: 60 }, Fit { nodes: 4, minutes: 28 }]);
    assert!(problem.error_msg.contains("What would fit: 1 node for 60 minutes, or 4 for 28."), "{refused}");
    assert_eq!(problem.explanation.as_deref(), Some("nobody asks for nodes; at most 4"));
    assert_eq!(problem.runway, Some(Runway { nodes: 1, minutes: Some(78) }));
    assert_eq!(app.status(&token).await.requests, [], "nothing was queued");

    for (nodes, minutes) in [(2, 60), (4, 29)] {
        assert_eq!(app.ask(&token, nodes, minutes).await.status, 402, "one node or minute more does not fit");
    }
    for Fit { nodes, minutes } in problem.fits {
        assert_eq!(app.ask(&token, nodes, minutes).await.status, 200, "{nodes} for {minutes}");
        assert_eq!(app.ask(&token, 0, 15).await.status, 200);
        app.until(&token, ClusterState::Asleep, 0).await;
        // What ran meanwhile is spent.
        let ran = MicroUsd(20_000);
        app.operator(|cluster, now| hand::credit(cluster, ran, &nodes.to_string(), "", now)).await;
    }
}

#[tokio::test]
async fn both_apis_refuse_in_the_same_words() {
    let app = poor().await;
    let token = app.token().await;
    let ours = app.order(&token, "k", json!({ "nodes": 4, "time_to_live_seconds": 7200 })).await;
    let theirs = app.ask(&token, 4, 120).await;
    let (ours, theirs): (Problem, Problem) = (ours.json(), theirs.json());
    assert_eq!(ours.detail, ours.error_msg);
    // The end is a whole second, so the two may be a second apart.
    let words = |text: &str| text.split(" would cost").next().unwrap().to_owned();
    assert_eq!((words(&ours.error_msg), ours.code), (words(&theirs.error_msg), theirs.code));
}

#[tokio::test]
async fn an_estimate_is_the_grant_and_its_refusal_is_the_orders() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.ask(&token, 1, 60).await;
    app.until(&token, ClusterState::Running, 1).await;
    app.clock.hold();
    let estimated: Estimate = estimate(&app, &token, 9, 1800).await.json();
    let before = app.status(&token).await;
    assert_eq!(before.requests.len(), 1, "an estimate orders nothing");
    let order = json!({ "nodes": 9, "time_to_live_seconds": 1800 });
    let granted: Grant = app.order(&token, "k", order).await.json();
    assert_eq!(
        (estimated.nodes, estimated.clamped, estimated.cost_micro_usd, estimated.target_nodes),
        (granted.request.nodes, granted.clamped, granted.cost_micro_usd, granted.target_nodes)
    );
    assert_eq!(
        (estimated.expires_at, estimated.explanation, estimated.runway),
        (granted.request.expires_at, granted.explanation, granted.runway)
    );
    assert_eq!(estimated.free_micro_usd, before.free_micro_usd);
    let after = app.status(&token).await;
    let (paid, less) = (granted.cost_micro_usd, before.free_micro_usd - after.free_micro_usd);
    assert!((paid - less).0.abs() <= 1, "{paid} was promised, and {less} is no longer free");

    let order = json!({ "nodes": 4, "time_to_live_seconds": 43_200 });
    let (refused, ordered) = (estimate(&app, &token, 4, 43_200).await, app.order(&token, "l", order).await);
    assert_eq!(refused.status, 402);
    assert_eq!(refused.to_string(), ordered.to_string());
}

#[tokio::test]
async fn an_estimate_says_what_is_wrong_with_its_question() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    for (query, named) in [
        ("nodes=1", "time_to_live_seconds"),
        ("nodes=-1&time_to_live_seconds=900", "nodes"),
        ("nodes=1&time_to_live_seconds=900&shorten=true", "shorten"),
        ("nodes=1&time_to_live_seconds=1", "time to live"),
    ] {
        let path = format!("/api/v1/organizations/acme/estimate?{query}");
        let refused = app.get(&path, &token).await;
        assert!(refused.status == 400 && refused.text("error_msg").contains(named), "{query}: {refused}");
    }
}

#[tokio::test]
async fn a_shared_cluster_is_paid_by_those_who_asked_for_it() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    app.ask(&ada, 3, 15).await;
    app.ask(&bob, 1, 15).await;
    app.until(&ada, ClusterState::Running, 4).await;
    app.clock.advance(Duration::from_secs(40));
    app.ask(&ada, 0, 15).await;
    app.ask(&bob, 0, 15).await;
    app.until(&ada, ClusterState::Asleep, 0).await;

    let spend = async |query: &str| -> Spend {
        app.get(&format!("/api/v1/organizations/acme/costs/spend?{query}"), &bob).await.json()
    };
    let by_user = spend("by=user").await;
    let names: Vec<_> = by_user.lines.iter().map(|line| line.user.as_ref().unwrap().as_str()).collect();
    assert_eq!(names, ["ada", "bob"]);
    let [adas, bobs] = [0, 1].map(|line: usize| by_user.lines[line].spent_micro_usd.0);
    assert!(adas > 2 * bobs && adas < 5 * bobs, "about three to one: {adas} {bobs}");
    let total = costs(&app, &ada).await.spent_micro_usd;
    assert_eq!(by_user.total_micro_usd, total);
    for by in ["day", "month"] {
        let sums = spend(&format!("by={by}")).await;
        let [line] = sums.lines.as_slice() else { panic!("one {by}, unless it is midnight: {sums:?}") };
        assert_eq!((line.spent_micro_usd, line.user.as_ref()), (total, None));
        assert!(sums.to.0.starts_with(line.period.as_ref().unwrap()), "{sums:?}");
    }
    assert_eq!(spend("to=2020-01-01").await.lines, []);
    for bad in ["by=node", "from=yesterday", "from=2026-01-02&to=2026-01-01"] {
        let path = format!("/api/v1/organizations/acme/costs/spend?{bad}");
        assert_eq!(app.get(&path, &ada).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn when_money_is_withdrawn_the_newest_request_ends_earlier_and_its_owner_is_told() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let first: Grant = app
        .ours(Method::POST, "requests", &ada, json!({ "nodes": 1, "time_to_live_seconds": 3600 }))
        .await
        .json();
    let newest: Grant = app
        .ours(Method::POST, "requests", &bob, json!({ "nodes": 2, "time_to_live_seconds": 3600 }))
        .await
        .json();
    app.operator(|cluster, now| hand::adjust(cluster, MicroUsd(-9_300_000), "bill", "a corrected bill", now))
        .await;

    let status = eventually("the newest request is shortened", async || {
        // Somebody asks for something: the server looks at once.
        app.ask(&ada, 1, 15).await;
        let status = app.status(&ada).await;
        let told = status.requests.iter().find(|request| request.id == newest.request.id);
        told.is_none_or(|request| request.expires_at < newest.request.expires_at).then_some(status)
    })
    .await;
    assert!(status.free_micro_usd >= MicroUsd::ZERO, "{status:?}");
    let kept = status.requests.iter().find(|request| request.id == first.request.id).unwrap();
    assert_eq!(kept.expires_at, first.request.expires_at, "who came first keeps all");

    let notices =
        async |token: &str| -> Notices { app.get("/api/v1/organizations/acme/notices", token).await.json() };
    let told = notices(&bob).await;
    let shortened = told.notices.iter().find(|notice| notice.kind == "request_shortened").unwrap();
    assert_eq!(shortened.user.as_ref().unwrap().as_str(), "bob");
    assert!(told.notices.iter().any(|notice| notice.user.is_none()), "and what concerns everybody: {told:?}");
    assert!(notices(&ada).await.notices.contains(shortened), "an owner sees all");
    let path = format!("/api/v1/organizations/acme/notices?after={}&limit=5", told.next_after);
    let later: Notices = app.get(&path, &bob).await.json();
    assert_eq!((later.notices.len(), later.next_after), (0, told.next_after));
    assert_eq!(app.get("/api/v1/organizations/acme/notices?limit=0", &bob).await.status, 400);
}

#[tokio::test]
async fn a_cluster_without_money_is_out_of_funds_until_it_is_credited() {
    let app = TestApp::start().await.with_user("ada").await.with_organization("acme", "ada", "0.001").await;
    let token = app.token().await;
    let status: ClusterStatus = app.status(&token).await;
    assert_eq!(
        (status.blocked, status.runway),
        (Some(Block::OutOfFunds), Some(Runway { nodes: 1, minutes: Some(0) }))
    );
    let refused = app.ask(&token, 1, 15).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (402, "insufficient_funds"));
    assert!(refused.text("error_msg").contains("there must be credit"), "{refused}");
    assert_eq!(refused.json::<Value>().get("fits"), None);
    let off = app.get("/clusters/acme/source/version", &token).await;
    assert_eq!(off.text("code"), "out_of_funds");

    app.operator(|cluster, now| hand::credit(cluster, MicroUsd(1_000_000), "grant", "a grant", now)).await;
    assert_eq!(app.status(&token).await.blocked, None);
    assert_eq!(app.ask(&token, 1, 15).await.status, 200);
    app.until(&token, ClusterState::Running, 1).await;
}
