//! Who may call what: every operation of the document, tried by everybody.
//!
//! The table in `docs/ROLES.md` is what `x-role` of each operation says; here every cell of it is tried against a real
//! server. Each operation has an organization of its own, in which everybody stands as their name says.

use std::fmt::Write as _;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use sliderule_control::Clock;
use sliderule_server::openapi::{ROLE, ROLES};
use sliderule_server::store::{NewMembership, Role};

use crate::document::{assert_checked_in, operations};
use crate::test_app::{PASSWORD, TestApp, add_organization};

/// Who calls. First those who may the least, last those whose calls take something from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Stranger,
    OtherMember,
    Requested,
    Deactivated,
    Staff,
    Member,
    Manager,
    Owner,
    OwnersOther,
    MembersAccount,
    ManagersAccount,
    OwnersAccount,
}

use Who::*;

/// Each with the head of their column, and what they call with.
const EVERYBODY: [(Who, &str, &str); 13] = [
    (Nobody, "nobody", "no token"),
    (Stranger, "stranger", "a token for their own account, and no membership"),
    (OtherMember, "elsewhere", "a member of another organization, with a token for that one"),
    (Requested, "requested", "a membership that is not approved, and a token from when it was"),
    (Deactivated, "deactivated", "a membership that is switched off, and a token from before"),
    (Staff, "staff", "the operator's staff, with a token for their own account, and no membership"),
    (Member, "member", "a token for the organization"),
    (Manager, "manager", "a token for the organization"),
    (Owner, "owner", "a token for the organization"),
    (OwnersOther, "owner, elsewhere", "the owner, with a token for another organization of theirs"),
    (MembersAccount, "member, account", "the member, with a token for their own account"),
    (ManagersAccount, "manager, account", "the manager, with a token for their own account"),
    (OwnersAccount, "owner, account", "the owner, with a token for their own account"),
];

impl Who {
    /// The name of their account.
    fn user(self) -> &'static str {
        match self {
            Nobody => "nobody",
            Stranger => "stranger",
            OtherMember => "elsewhere",
            Requested => "requested",
            Deactivated => "deactivated",
            Staff => "staff",
            Member | MembersAccount => "member",
            Manager | ManagersAccount => "manager",
            Owner | OwnersOther | OwnersAccount => "owner",
        }
    }

    /// Whether they call with a token for their account.
    fn has_account_token(self) -> bool {
        matches!(self, Stranger | Staff | MembersAccount | ManagersAccount | OwnersAccount)
    }

    /// Whether they stand to the organization as that role needs.
    fn is(self, role: &str) -> bool {
        let owner = matches!(self, Owner | OwnersAccount);
        let manager = owner || matches!(self, Manager | ManagersAccount);
        let member = manager || matches!(self, Member | MembersAccount);
        // Staff may what an owner may, where no token for the organization is needed.
        match role {
            "open" => true,
            "account" => self != Nobody,
            "applicant" => member || matches!(self, Requested | Deactivated),
            "member" => member || self == Staff,
            "manager" => manager || self == Staff,
            "owner" => owner || self == Staff,
            "staff" => self == Staff,
            "operator" => false,
            other => panic!("what is {other}?"),
        }
    }

    /// Whether they may call that operation.
    fn may(self, path: &str, operation: &Value) -> bool {
        let Some(security) = operation["security"].as_array() else { return true };
        let taken = |token: &str| security.iter().any(|way| way.get(token).is_some());
        let elsewhere = path.contains("{organization}") && matches!(self, OtherMember | OwnersOther);
        let token = match self {
            Nobody => false,
            who if who.has_account_token() => taken("account_token"),
            _ => taken("organization_token") && !elsewhere,
        };
        token && self.is(operation[ROLE].as_str().unwrap())
    }
}

/// A body that can be read, for what is read before anybody is refused for who they are.
fn body(operation: &str) -> Value {
    match operation {
        "place_request" | "deploy_cluster" => json!({ "nodes": 1, "time_to_live_seconds": 900 }),
        "alter_request" => json!({ "nodes": 1 }),
        "patch_configuration" => json!({ "max_nodes": 3 }),
        "alter_role" => json!({ "role": "member" }),
        _ => json!({}),
    }
}

/// Everybody, with what they hold.
struct Cast {
    app: TestApp,
    accounts: Vec<(&'static str, String)>,
}

impl Cast {
    async fn gather() -> Self {
        let mut app = TestApp::start().await;
        for (who, ..) in EVERYBODY {
            app = match who {
                Nobody | OwnersOther | MembersAccount | ManagersAccount | OwnersAccount => app,
                Staff => app.with_staff(who.user()).await,
                _ => app.with_user(who.user()).await,
            };
        }
        let app = app.with_organization("other", "elsewhere", "10").await.with_member("other", "owner").await;
        let mut cast = Self { app, accounts: Vec::new() };
        cast.sign_in().await;
        cast
    }

    /// Signs everybody in anew.
    async fn sign_in(&mut self) {
        self.accounts.clear();
        for (who, ..) in EVERYBODY {
            if !matches!(who, Nobody | OwnersOther | MembersAccount | ManagersAccount | OwnersAccount) {
                self.accounts.push((who.user(), self.app.account_token(who.user()).await));
            }
        }
    }

    fn account(&self, who: Who) -> &str {
        &self.accounts.iter().find(|(user, _)| *user == who.user()).unwrap().1
    }

    /// A token for an organization.
    async fn opened(&self, who: Who, organization: &str) -> String {
        let body = json!({ "organization": organization });
        let opened =
            self.app.send(Method::POST, "/api/v1/session/organization", Some(self.account(who)), Some(body));
        opened.await.text("access")
    }

    /// A new organization in which everybody stands as they are called, and what each of them holds.
    async fn stage(&self, organization: &str) -> Vec<(Who, Option<String>)> {
        add_organization(&self.app.db, organization, "owner", "10").await;
        for (user, role) in [
            ("requested", Role::Member),
            ("deactivated", Role::Member),
            ("member", Role::Member),
            ("manager", Role::Manager),
        ] {
            let (organization, user) = (organization.parse().unwrap(), user.parse().unwrap());
            let new = NewMembership { organization, user, role, at: self.app.clock.now() };
            self.app.db.add_member(&new).await.unwrap();
        }
        let mut held = Vec::new();
        for (who, ..) in EVERYBODY {
            let token = match who {
                Nobody => None,
                OtherMember | OwnersOther => Some(self.opened(who, "other").await),
                who if who.has_account_token() => Some(self.account(who).to_owned()),
                who => Some(self.opened(who, organization).await),
            };
            held.push((who, token));
        }
        for statement in [
            "UPDATE memberships SET state = 'requested'
             WHERE user_id = (SELECT id FROM users WHERE name = 'requested')",
            "UPDATE memberships SET state = 'deactivated'
             WHERE user_id = (SELECT id FROM users WHERE name = 'deactivated')",
        ] {
            self.app.sql(statement).await;
        }
        held
    }

    /// The thing in a path that is theirs, or whose it is if they have none.
    async fn own(&self, path: &str, organization: &str, token: Option<&str>, owners: &str) -> String {
        if path.contains("/sessions/") {
            return match token {
                Some(token) => self.app.get("/api/v1/session", token).await.text("session"),
                None => "0".repeat(32),
            };
        }
        let order = async |token: &str| {
            let url = format!("{}/api/v1/organizations/{organization}/requests", self.app.url);
            let key = uuid::Uuid::new_v4().to_string();
            let order = json!({ "nodes": 1, "time_to_live_seconds": 1800 });
            let request = self.app.http.post(url).bearer_auth(token).header("idempotency-key", key);
            let answer: Value = request.json(&order).send().await.unwrap().json().await.unwrap();
            answer["request"]["id"].as_str().map(str::to_owned)
        };
        match token {
            Some(token) if let Some(id) = order(token).await => id,
            _ => order(owners).await.unwrap(),
        }
    }

    /// Calls an operation, and says how it was answered.
    async fn call(&self, path: &str, method: &Method, operation: &Value, token: Option<&str>) -> StatusCode {
        let (mut query, mut headers) = (String::new(), Vec::new());
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str().unwrap();
            let value = match name {
                "nodes" => "1".to_owned(),
                "time_to_live_seconds" => "900".to_owned(),
                "If-Match" => "*".to_owned(),
                _ => uuid::Uuid::new_v4().to_string(),
            };
            match (parameter["in"].as_str().unwrap(), parameter["required"] == true) {
                ("query", true) => write!(query, "&{name}={value}").unwrap(),
                ("header", true) => headers.push((name, value)),
                _ => {}
            }
        }
        let url = format!("{}{path}?{}", self.app.url, query.trim_start_matches('&'));
        let mut request = self.app.http.request(method.clone(), url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if *method != Method::GET {
            request = request.json(&body(operation["operationId"].as_str().unwrap()));
        }
        // Some answers never end.
        request.send().await.unwrap().status()
    }
}

#[tokio::test]
async fn every_operation_is_open_to_whom_it_says_and_to_nobody_else() {
    let mut cast = Cast::gather().await;
    let mut wrong = Vec::new();
    for (number, (path, method, operation)) in operations().into_iter().enumerate() {
        let organization = format!("o{number}");
        let held = cast.stage(&organization).await;
        let owners = held.iter().find(|(who, _)| *who == Owner).unwrap().1.clone().unwrap();
        for (who, token) in held {
            let mut there = path.replace("{organization}", &organization).replace("{user}", "member");
            for (name, value) in [("{nodes}", "1"), ("{minutes}", "15"), ("{min}", "0"), ("{max}", "4")] {
                there = there.replace(name, value);
            }
            if there.contains("{id}") {
                let id = cast.own(&path, &organization, token.as_deref(), &owners).await;
                there = there.replace("{id}", &id);
            }
            let status = cast.call(&there, &method, &operation, token.as_deref()).await;
            let is_refused = matches!(status.as_u16(), 401 | 403 | 404);
            if is_refused == who.may(&path, &operation) || status.is_server_error() && status != 501 {
                wrong.push(format!("{method} {path}: {who:?} got {status}"));
            }
        }
        if path.starts_with("/api/v1/session") || path.starts_with("/api/v1/account") {
            cast.sign_in().await;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let everybody = cast.app.sign_in("owner", PASSWORD, "other").await;
    assert_eq!(everybody.status, 200, "nothing of this took an account away");
}

#[test]
fn the_table_of_roles_is_checked_in() {
    let mut text = String::from(
        "# Who may call what\n\n\
         Made of the router's own document (`x-role` in [openapi.json](openapi.json)) by a test that tries every cell of it\n\
         against a server, `crates/server/tests/api/roles.rs`. What is another user's, or another organization's, is not\n\
         there for anybody else: its id answers 404.\n\n\
         | role | who |\n|---|---|\n",
    );
    for (role, who) in ROLES {
        writeln!(text, "| `{role}` | {who} |").unwrap();
    }
    text.push_str("\nThe columns:\n\n| column | with |\n|---|---|\n");
    for (_, name, with) in EVERYBODY {
        writeln!(text, "| {name} | {with} |").unwrap();
    }
    let names: Vec<_> = EVERYBODY.iter().map(|(_, name, _)| *name).collect();
    writeln!(text, "\n| operation | role | token for | {} |", names.join(" | ")).unwrap();
    writeln!(text, "|---|---|---|{}", "---|".repeat(names.len())).unwrap();
    for (path, method, operation) in operations() {
        let role = operation[ROLE].as_str().unwrap();
        let cell = |(who, ..): &(Who, _, _)| if who.may(&path, &operation) { "yes" } else { "no" };
        let cells: Vec<_> = EVERYBODY.iter().map(cell).collect();
        let ways = operation["security"].as_array().into_iter().flatten().filter_map(Value::as_object);
        let ways: Vec<_> =
            ways.flat_map(|way| way.keys()).map(|way| way.trim_end_matches("_token")).collect();
        writeln!(text, "| `{method} {path}` | `{role}` | {} | {} |", ways.join(", "), cells.join(" | "))
            .unwrap();
    }
    assert_checked_in("ROLES.md", &text);
}
