//! The audit log as owners and people themselves read it.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::Page;
use sliderule_api::audit::AuditLine;

use crate::test_app::{PASSWORD, TestApp};

async fn lines(app: &TestApp, path: &str, token: &str) -> Page<AuditLine> {
    app.get(path, token).await.json()
}

fn told(page: &Page<AuditLine>) -> Vec<String> {
    let who = |line: &AuditLine| line.user.as_ref().map_or("-".to_owned(), ToString::to_string);
    page.items
        .iter()
        .map(|line| format!("{} {} {} {}", who(line), line.action, line.subject, line.detail))
        .collect()
}

const ACME: &str = "/api/v1/organizations/acme/audit";

#[tokio::test]
async fn what_people_do_about_an_organization_is_told_to_those_who_look_after_it() {
    let app = TestApp::start().await.with_acme().await;
    for name in ["bob", "cyd"] {
        let body = json!({ "username": name, "email": format!("{name}@example.org"), "password": PASSWORD });
        assert_eq!(app.post("/api/v1/users", body).await.status, 201);
    }
    let (ada, bob) = (app.account_token("ada").await, app.account_token("bob").await);
    let own = |method| app.send(method, "/api/v1/organizations/acme/membership", Some(&bob), None);
    let act = async |method, what: &str, body| {
        let path = format!("/api/v1/organizations/acme/members/bob/{what}");
        assert_eq!(app.send(method, &path, Some(&ada), body).await.status, 200, "{what}");
    };
    own(Method::POST).await;
    act(Method::POST, "approve", None).await;
    act(Method::POST, "approve", None).await;
    act(Method::PUT, "role", Some(json!({ "role": "manager" }))).await;
    let token = app.token_of("bob", "acme").await;
    app.ask(&token, 1, 60).await;
    act(Method::POST, "deactivate", None).await;
    act(Method::POST, "reactivate", None).await;
    own(Method::DELETE).await;

    let page = lines(&app, ACME, &ada).await;
    let membership: Vec<_> = told(&page).into_iter().filter(|line| line.contains(" membership.")).collect();
    assert_eq!(
        membership,
        [
            "bob membership.left bob as manager",
            "ada membership.reactivated bob as manager",
            "ada membership.deactivated bob as manager; 1 request for nodes released",
            "ada membership.role_changed bob from member to manager",
            "ada membership.approved bob as member",
            "bob membership.requested bob as member",
        ],
        "the newest first, and what changed nothing is not told"
    );
    let approved = page.items.iter().find(|line| line.action == "membership.approved").unwrap();
    assert_eq!(approved.address, "127.0.0.1");
    assert_eq!(approved.organization.as_ref().unwrap().as_str(), "acme");
    assert!(approved.request.as_ref().is_some_and(|id| !id.is_empty()), "{approved:?}");
    assert!(told(&page).iter().any(|line| line.starts_with("- organization.created acme")));
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_only_by_whom_it_concerns() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.account_token("ada").await, app.account_token("bob").await);
    let own = |method| app.send(method, "/api/v1/organizations/acme/membership", Some(&bob), None);
    own(Method::DELETE).await;
    own(Method::POST).await;
    let all = lines(&app, ACME, &ada).await;
    let mut paged = Vec::new();
    let mut next = Some(String::new());
    while let Some(before) = next {
        let page = lines(&app, &format!("{ACME}?limit=1{before}"), &ada).await;
        assert_eq!(page.items.len(), 1);
        paged.extend(page.items);
        next = page.next.map(|next| format!("&before={next}"));
    }
    assert_eq!(paged, all.items);
    assert_eq!(app.get(ACME, &bob).await.text("code"), "membership_inactive");
    let app = app.with_user("eve").await.with_member("acme", "eve").await;
    assert_eq!(app.get(ACME, &app.account_token("eve").await).await.text("code"), "not_allowed");
    assert_eq!(app.get(&format!("{ACME}?before=x"), &ada).await.status, 400);
}

#[tokio::test]
async fn people_see_what_they_did_themselves_and_no_secret_is_in_it() {
    let app = TestApp::start().await;
    let body = json!({ "username": "ada", "email": "ada@example.org", "password": PASSWORD });
    app.post("/api/v1/users", body).await;
    let token = app.account_token("ada").await;
    let change = json!({ "old_password": PASSWORD, "new_password": "another sentence of mine" });
    app.send(Method::POST, "/api/v1/account/password", Some(&token), Some(change)).await;
    app.send(Method::PATCH, "/api/v1/account", Some(&token), Some(json!({ "email": "new@example.org" })))
        .await;
    let page = lines(&app, "/api/v1/account/audit", &token).await;
    let told: Vec<_> = told(&page).into_iter().filter(|line| line.contains(" user.")).collect();
    assert_eq!(
        told,
        [
            "ada user.email_changed ada to new@example.org",
            "ada user.password_changed ada 0 sessions ended",
            "ada user.signed_up ada reached at ada@example.org",
        ]
    );
    let text = format!("{page:?}");
    assert!(!text.contains(PASSWORD) && !text.contains("another sentence") && !text.contains(&token));
}

#[tokio::test]
async fn what_is_done_to_a_cluster_by_hand_is_told_once_and_only_if_it_changes_anything() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (token, account, bob) =
        (app.token().await, app.account_token("ada").await, app.token_of("bob", "acme").await);
    app.ask(&bob, 1, 60).await;
    let act = async |method, path: &str, body| {
        assert!(app.ours(method, path, &token, body).await.status.is_success(), "{path}");
    };
    act(Method::DELETE, "requests?everybody=true", Value::Null).await;
    for _ in 0..2 {
        act(Method::POST, "destroy", Value::Null).await;
    }
    act(Method::POST, "deploy", json!({ "nodes": 1, "time_to_live_seconds": 900 })).await;
    act(Method::POST, "refresh", Value::Null).await;
    for _ in 0..2 {
        let path = "/api/org_config/acme/0/3/";
        assert_eq!(app.send(Method::PUT, path, Some(&token), None).await.status, 200);
    }
    let refused = app.ours(Method::POST, "destroy", &bob, Value::Null).await;
    assert_eq!(refused.status, 403);

    let page = lines(&app, ACME, &account).await;
    let by_hand = |line: &String| line.contains(" cluster.") || line.contains(" requests.");
    let by_hand: Vec<_> = told(&page).into_iter().filter(by_hand).collect();
    assert_eq!(
        by_hand,
        [
            "ada cluster.configured acme {\"min_nodes\":0,\"max_nodes\":3,\"per_user\":null,\"version\":\"v4.0.4\",\
             \"paused\":false,\"node_cap\":4}",
            "ada cluster.deployed acme with 1 nodes for 900 s",
            "ada cluster.destroyed acme requests released: 0",
            "ada requests.released acme of everybody; requests released: 1",
        ]
    );
}
