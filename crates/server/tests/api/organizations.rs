//! Founding organizations, and the list of them.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::Page;
use sliderule_api::organizations::{Founders, Organization};
use sliderule_provisioning::cluster::Limits;

use crate::test_app::{Answer, TestApp};

async fn found(app: &TestApp, token: &str, body: Value) -> Answer {
    app.send(Method::POST, "/api/v1/organizations", Some(token), Some(body)).await
}

async fn list(app: &TestApp, token: &str, query: &str) -> Page<Organization> {
    app.get(&format!("/api/v1/organizations{query}"), token).await.json()
}

fn names(page: &Page<Organization>) -> Vec<&str> {
    page.items.iter().map(|organization| organization.name.as_str()).collect()
}

#[tokio::test]
async fn staff_found_an_organization_for_somebody_on_their_own_terms() {
    let app = TestApp::start().await.with_user("ada").await.with_staff("sue").await;
    let sue = app.account_token("sue").await;
    let terms = json!({
        "name": "acme", "owner": "ada", "max_nodes": 8, "min_nodes": 1, "per_user": 2, "node_version": "v4.1.0",
        "credit_micro_usd": 12_500_000, "monthly_allowance_micro_usd": 5_000_000, "allowance_cap_micro_usd": 20_000_000,
    });
    let answer = found(&app, &sue, terms.clone()).await;
    assert_eq!(answer.status, 201, "{answer}");
    assert_eq!(answer.json::<Organization>().role, None, "it is ada's, not hers");
    let cluster = app.db_cluster("acme").await;
    assert_eq!(cluster.limits, Limits { min_nodes: 1, max_nodes: 8, per_user: Some(2) });
    assert_eq!((cluster.version.to_string().as_str(), cluster.account.balance.0), ("v4.1.0", 12_500_000));
    assert_eq!(cluster.account.allowance.monthly.0, 5_000_000);
    assert_eq!(app.get("/api/v1/organizations/acme/status", &app.token().await).await.status, 200);

    let again = found(&app, &sue, terms).await;
    assert!(again.status == 409 && again.body.contains("already an organization acme"), "{again}");
    for wrong in [
        json!({ "name": "Acme" }),
        json!({ "name": "www" }),
        json!({ "name": "other", "max_nodes": 1001 }),
        json!({ "name": "other", "min_nodes": 9, "max_nodes": 8 }),
        json!({ "name": "other", "credit_micro_usd": -1 }),
        json!({ "name": "other", "owner": "nobody" }),
        json!({ "name": "other", "colour": "blue" }),
        json!({}),
    ] {
        let refused = found(&app, &sue, wrong.clone()).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text("code").as_str()),
            (400, "invalid_argument"),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn others_found_none_unless_the_operator_lets_them() {
    let app =
        TestApp::start_with(|config| config.sign_up.contact = Some("https://example.org/ask".to_owned()))
            .await;
    let app = app.with_user("ada").await;
    let refused = found(&app, &app.account_token("ada").await, json!({ "name": "acme" })).await;
    insta::assert_snapshot!(refused, @r#"403 {"status":403,"code":"not_allowed","error_msg":"organizations are founded by the operator's staff here; ask for it at https://example.org/ask","detail":"organizations are founded by the operator's staff here; ask for it at https://example.org/ask"}"#);
}

#[tokio::test]
async fn where_anyone_may_they_own_what_they_found_on_the_operators_terms() {
    let app = TestApp::start_with(|config| {
        config.sign_up.organizations = Founders::Anyone;
        config.new_organization.max_nodes = 2;
        config.new_organization.per_person = 2;
    })
    .await;
    let app = app.with_user("ada").await;
    let ada = app.account_token("ada").await;
    let made: Organization = found(&app, &ada, json!({ "name": "acme" })).await.json();
    assert_eq!((made.role.unwrap().as_str(), made.state.unwrap().as_str()), ("owner", "active"));
    let cluster = app.db_cluster("acme").await;
    assert_eq!((cluster.limits.max_nodes, cluster.account.balance.0), (2, 0), "no money of the operator's");
    for (body, words) in [
        (
            json!({ "name": "rich", "credit_micro_usd": 1_000_000 }),
            "only the operator's staff say on what terms",
        ),
        (json!({ "name": "large", "max_nodes": 100 }), "only the operator's staff say on what terms"),
        (json!({ "name": "sliderule" }), "the public organization"),
    ] {
        let refused = found(&app, &ada, body).await;
        assert!(refused.status == 403 && refused.body.contains(words), "{refused}");
    }
    assert_eq!(found(&app, &ada, json!({ "name": "second" })).await.status, 201);
    let refused = found(&app, &ada, json!({ "name": "third" })).await;
    assert!(refused.status == 403 && refused.body.contains("as many as one may found"), "{refused}");
}

#[tokio::test]
async fn one_sees_the_organizations_with_which_one_has_to_do_page_by_page() {
    let app = TestApp::start().await.with_user("ada").await.with_user("bob").await.with_staff("sue").await;
    let app = app.with_organization("acme", "ada", "1").await.with_organization("beta", "ada", "1").await;
    let app = app.with_organization("gamma", "bob", "1").await.with_member("gamma", "ada").await;
    let (ada, bob, sue) =
        (app.account_token("ada").await, app.account_token("bob").await, app.account_token("sue").await);
    app.send(Method::POST, "/api/v1/organizations/acme/membership", Some(&bob), None).await;

    let all = list(&app, &ada, "").await;
    assert_eq!((names(&all), &all.next), (vec!["acme", "beta", "gamma"], &None));
    let requests: Vec<_> = all.items.iter().map(|organization| organization.requests).collect();
    assert_eq!(requests, [Some(1), Some(0), None], "told to who may answer them");
    let first = list(&app, &ada, "?limit=2").await;
    assert_eq!(names(&first), ["acme", "beta"]);
    let rest = list(&app, &ada, &format!("?limit=2&after={}", first.next.unwrap())).await;
    assert_eq!((names(&rest), rest.next.as_deref()), (vec!["gamma"], None));

    let mine = list(&app, &bob, "").await;
    assert_eq!((names(&mine), mine.items[0].state.unwrap().as_str()), (vec!["acme", "gamma"], "requested"));
    assert_eq!(mine.items[0].requests, None);
    assert!(list(&app, &sue, "").await.items.is_empty());
    assert_eq!(names(&list(&app, &sue, "?all=true").await), ["acme", "beta", "gamma"]);
    assert_eq!(app.get("/api/v1/organizations?all=true", &ada).await.text("code"), "not_allowed");
    for query in ["?limit=0", "?limit=101", "?limit=x", "?page=2"] {
        assert_eq!(app.get(&format!("/api/v1/organizations{query}"), &ada).await.status, 400, "{query}");
    }
}
