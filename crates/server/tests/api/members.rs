//! Asking for a membership, answering, leaving, and what that opens and closes.

use http::Method;
use serde_json::{Value, json};
use sliderule_api::Page;
use sliderule_api::members::{Member, Membership};
use sliderule_api::status::ClusterState;
use sliderule_server::store::Role;

use crate::test_app::{Answer, PASSWORD, TestApp};

async fn own(app: &TestApp, method: Method, token: &str) -> Answer {
    app.send(method, "/api/v1/organizations/acme/membership", Some(token), None).await
}

async fn act(app: &TestApp, token: &str, user: &str, act: &str) -> Answer {
    app.send(Method::POST, &format!("/api/v1/organizations/acme/members/{user}/{act}"), Some(token), None)
        .await
}

async fn give(app: &TestApp, token: &str, user: &str, role: &str) -> Answer {
    let path = format!("/api/v1/organizations/acme/members/{user}/role");
    app.send(Method::PUT, &path, Some(token), Some(json!({ "role": role }))).await
}

async fn members(app: &TestApp, token: &str, query: &str) -> Vec<(String, String, String)> {
    let page: Page<Member> =
        app.get(&format!("/api/v1/organizations/acme/members{query}"), token).await.json();
    let word = |value: Value| value.as_str().unwrap().to_owned();
    let shown =
        |member: Member| (member.username.to_string(), word(json!(member.role)), word(json!(member.state)));
    page.items.into_iter().map(shown).collect()
}

/// Ada owns acme, mia manages it, bob is a member; eve has nothing to do with it.
async fn acme() -> TestApp {
    let mut app = TestApp::start().await.with_acme().await;
    for user in ["mia", "bob", "eve"] {
        app = app.with_user(user).await;
    }
    let app = app.with_member("acme", "mia").await.with_role("acme", "mia", Role::Manager).await;
    app.with_member("acme", "bob").await
}

#[tokio::test]
async fn somebody_asks_is_approved_and_reaches_the_cluster() {
    let app = acme().await;
    let (eve, mia) = (app.account_token("eve").await, app.account_token("mia").await);
    insta::assert_snapshot!(own(&app, Method::GET, &eve).await, @r#"200 {"organization":"acme","role":null,"state":null}"#);
    insta::assert_snapshot!(own(&app, Method::POST, &eve).await, @r#"200 {"organization":"acme","role":"member","state":"requested"}"#);
    insta::assert_snapshot!(own(&app, Method::POST, &eve).await, @r#"200 {"organization":"acme","role":"member","state":"requested"}"#);
    assert_eq!(app.sign_in("eve", PASSWORD, "acme").await.text("code"), "membership_inactive");
    let waiting = members(&app, &mia, "?state=requested").await;
    assert_eq!(waiting, [("eve".to_owned(), "member".to_owned(), "requested".to_owned())]);

    insta::assert_snapshot!(act(&app, &mia, "eve", "approve").await, @r#"200 {"username":"eve","role":"member","state":"active"}"#);
    insta::assert_snapshot!(act(&app, &mia, "eve", "approve").await, @r#"200 {"username":"eve","role":"member","state":"active"}"#);
    let token = app.token_of("eve", "acme").await;
    assert_eq!(app.get("/api/v1/organizations/acme/status", &token).await.status, 200);
    let membership: Membership = own(&app, Method::POST, &eve).await.json();
    assert_eq!(membership.state.unwrap().as_str(), "active", "who is a member stays one");
}

#[tokio::test]
async fn a_request_is_refused_or_withdrawn_and_can_be_made_again() {
    let app = acme().await;
    let (eve, ada) = (app.account_token("eve").await, app.account_token("ada").await);
    own(&app, Method::POST, &eve).await;
    insta::assert_snapshot!(act(&app, &ada, "eve", "refuse").await, @r#"200 {"username":"eve","role":null,"state":null}"#);
    insta::assert_snapshot!(act(&app, &ada, "eve", "refuse").await, @r#"404 {"status":404,"code":"not_a_member","error_msg":"eve has no membership of acme, and has not asked for one","detail":"eve has no membership of acme, and has not asked for one"}"#);
    own(&app, Method::POST, &eve).await;
    insta::assert_snapshot!(own(&app, Method::DELETE, &eve).await, @r#"200 {"organization":"acme","role":null,"state":null}"#);
    assert_eq!(own(&app, Method::DELETE, &eve).await.status, 200, "again");
    let nobody = act(&app, &ada, "nobody", "approve").await;
    assert_eq!(nobody.text("code"), "not_a_member", "whether there is such a user is not told");
    let unknown = app.send(Method::POST, "/api/v1/organizations/nowhere/membership", Some(&eve), None).await;
    assert_eq!((unknown.status.as_u16(), unknown.text("code").as_str()), (403, "unknown_organization"));
}

#[tokio::test]
async fn a_deactivated_member_is_shut_out_at_once_and_their_nodes_end() {
    let app = acme().await;
    let (mia, bob) = (app.account_token("mia").await, app.token_of("bob", "acme").await);
    let manager = app.token_of("mia", "acme").await;
    app.ask(&bob, 1, 60).await;
    app.until(&manager, ClusterState::Running, 1).await;
    let through = async || app.get("/clusters/acme/source/version", &bob).await.status.as_u16();
    assert_eq!(through().await, 200);

    let off = act(&app, &mia, "bob", "deactivate").await;
    insta::assert_snapshot!(off, @r#"200 {"username":"bob","role":"member","state":"deactivated"}"#);
    assert_eq!(through().await, 403, "the very next request finds the door closed");
    let refused = app.ask(&bob, 1, 60).await;
    assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "membership_inactive"));
    assert!(app.db_cluster("acme").await.requests.is_empty(), "released with the membership");
    app.until(&manager, ClusterState::Asleep, 0).await;

    let account = app.account_token("bob").await;
    for method in [Method::POST, Method::DELETE] {
        let refused = own(&app, method, &account).await;
        assert_eq!((refused.status.as_u16(), refused.text("code").as_str()), (403, "membership_inactive"));
    }
    assert_eq!(
        act(&app, &mia, "bob", "approve").await.status,
        409,
        "what is switched off is switched on again"
    );
    assert_eq!(act(&app, &mia, "bob", "reactivate").await.json::<Member>().state.unwrap().as_str(), "active");
    assert!(app.ask(&bob, 1, 60).await.status.is_success());
}

#[tokio::test]
async fn whoever_leaves_leaves_no_nodes_behind() {
    let app = acme().await;
    let (bob, account) = (app.token_of("bob", "acme").await, app.account_token("bob").await);
    app.ask(&bob, 1, 60).await;
    assert_eq!(own(&app, Method::DELETE, &account).await.status, 200);
    assert!(app.db_cluster("acme").await.requests.is_empty());
    assert_eq!(app.get("/api/v1/organizations/acme/status", &bob).await.text("code"), "not_a_member");
    app.until(&app.token().await, ClusterState::Asleep, 0).await;
}

#[tokio::test]
async fn managers_look_after_members_and_only_owners_after_managers() {
    let app = acme().await;
    let (ada, mia, bob) =
        (app.account_token("ada").await, app.account_token("mia").await, app.account_token("bob").await);
    for (user, what) in [("ada", "deactivate"), ("mia", "deactivate"), ("ada", "approve")] {
        let refused = act(&app, &mia, user, what).await;
        assert_eq!(
            (refused.status.as_u16(), refused.text("code").as_str()),
            (403, "not_allowed"),
            "{user} {what}"
        );
    }
    insta::assert_snapshot!(give(&app, &mia, "bob", "manager").await, @r#"403 {"status":403,"code":"not_allowed","error_msg":"only an owner of acme may do that, or do it to an owner or manager; ask one of them","detail":"only an owner of acme may do that, or do it to an owner or manager; ask one of them"}"#);
    insta::assert_snapshot!(act(&app, &bob, "mia", "deactivate").await, @r#"403 {"status":403,"code":"not_allowed","error_msg":"only an owner or manager of acme may do that; ask one of them","detail":"only an owner or manager of acme may do that; ask one of them"}"#);
    assert_eq!(give(&app, &bob, "bob", "owner").await.text("code"), "not_allowed");

    insta::assert_snapshot!(give(&app, &ada, "bob", "manager").await, @r#"200 {"username":"bob","role":"manager","state":"active"}"#);
    assert_eq!(act(&app, &mia, "bob", "deactivate").await.status, 403, "now bob ranks as mia does");
    assert_eq!(give(&app, &ada, "bob", "king").await.status, 400);
    assert_eq!(act(&app, &ada, "bob", "deactivate").await.status, 200);
}

#[tokio::test]
async fn an_organization_keeps_an_owner_whatever_they_do() {
    let app = acme().await;
    let ada = app.account_token("ada").await;
    let last = give(&app, &ada, "ada", "member").await;
    insta::assert_snapshot!(last, @r#"409 {"status":409,"code":"not_allowed","error_msg":"nobody else owns acme; make another member an owner first","detail":"nobody else owns acme; make another member an owner first"}"#);
    assert_eq!(own(&app, Method::DELETE, &ada).await.status, 409);
    assert_eq!(act(&app, &ada, "ada", "deactivate").await.status, 409);
    assert_eq!(give(&app, &ada, "bob", "owner").await.status, 200);

    let bob = app.account_token("bob").await;
    let (one, other) = tokio::join!(own(&app, Method::DELETE, &ada), give(&app, &bob, "bob", "member"));
    let mut both = [one.status.as_u16(), other.status.as_u16()];
    both.sort_unstable();
    assert_eq!(both, [200, 409], "of the last two, one stays: {one} {other}");
}

#[tokio::test]
async fn everybody_sees_as_much_of_the_members_as_they_may() {
    let app = acme().await.with_staff("sue").await.with_organization("other", "eve", "1").await;
    own(&app, Method::POST, &app.account_token("eve").await).await;
    let path = "/api/v1/organizations/acme/members";
    insta::assert_snapshot!(app.get(&format!("{path}?limit=2"), &app.token_of("bob", "acme").await).await, @r#"200 {"items":[{"username":"ada","role":"owner","state":"active"},{"username":"bob","role":"member","state":"active"}],"next":"bob"}"#);
    let mut emails = Vec::new();
    for token in
        [app.token_of("mia", "acme").await, app.account_token("mia").await, app.account_token("sue").await]
    {
        let all = members(&app, &token, "").await;
        let names: Vec<_> = all.iter().map(|(name, _, _)| name.as_str()).collect();
        assert_eq!(names, ["ada", "bob", "eve", "mia"]);
        let page: Page<Member> = app.get(&format!("{path}?after=bob&limit=1"), &token).await.json();
        assert!(page.items[0].since.is_some() && page.next.as_deref() == Some("eve"));
        emails.push(page.items[0].email.clone());
    }
    let told = Some("eve@example.org".to_owned());
    assert_eq!(emails, [None, told.clone(), told], "an address is for tokens that no cluster sees");
    let refused = app.get(&format!("{path}?state=requested"), &app.account_token("bob").await).await;
    assert_eq!(refused.text("code"), "not_allowed");
    for (token, code) in [
        (app.account_token("eve").await, "membership_inactive"),
        (app.token_of("eve", "other").await, "reauthentication_required"),
    ] {
        assert_eq!(app.get(path, &token).await.text("code"), code);
    }
    let elsewhere = app.get("/api/v1/organizations/other/members", &app.account_token("ada").await).await;
    assert_eq!(elsewhere.text("code"), "not_a_member");
}

#[tokio::test]
async fn only_a_token_for_the_account_changes_who_is_a_member() {
    let app = acme().await.with_organization("other", "ada", "1").await;
    for token in [app.token_of("ada", "other").await, app.token().await] {
        for what in ["approve", "refuse", "deactivate", "reactivate"] {
            let refused = act(&app, &token, "bob", what).await;
            assert_eq!(
                (refused.status.as_u16(), refused.text("code").as_str()),
                (403, "reauthentication_required")
            );
        }
        assert_eq!(give(&app, &token, "bob", "owner").await.status, 403);
        assert_eq!(app.get("/api/v1/organizations/acme/audit", &token).await.status, 403);
    }
    let other = app.token_of("ada", "other").await;
    assert_eq!(
        app.get("/api/v1/organizations/acme/members", &other).await.text("code"),
        "reauthentication_required"
    );
}

#[tokio::test]
async fn staff_may_what_an_owner_may_in_every_organization() {
    let app = acme().await.with_staff("sue").await;
    let sue = app.account_token("sue").await;
    assert_eq!(act(&app, &sue, "mia", "deactivate").await.status, 200);
    assert_eq!(give(&app, &sue, "bob", "owner").await.status, 200);
    assert_eq!(give(&app, &sue, "ada", "member").await.status, 200);
    assert_eq!(give(&app, &sue, "bob", "member").await.status, 409, "one owner stays even so");
    assert_eq!(
        app.sign_in("sue", PASSWORD, "acme").await.text("code"),
        "not_a_member",
        "but uses no cluster"
    );
    let unknown = app.get("/api/v1/organizations/nowhere/members", &sue).await;
    assert_eq!(unknown.text("code"), "unknown_organization");
}
