//! Memberships under many hands at once, and what ends with them.

use sliderule_api::RequestId;
use sliderule_control::store::{Store, Writer};
use sliderule_provisioning::change::{Breach, Change};
use sliderule_provisioning::cluster::Request;
use sliderule_provisioning::membership::{Act, Refused};
use sliderule_server::store::{Actor, AuditOf, Database, Deed, Role, Unchanged, What};

use crate::stage::{Books, NOW};

/// The user of that row, at home.
fn user(id: i64) -> Actor {
    let address = "127.0.0.1".to_owned();
    Actor { user: Some(id), address, request: Some("r".to_owned()), session: None }
}

fn deed(actor: Actor, what: What) -> Deed {
    Deed { organization: "acme".parse().unwrap(), what, actor, at: NOW }
}

fn act(what: Act, name: &str) -> What {
    What::Act(what, name.parse().unwrap())
}

fn place(name: &str, id: &str) -> Change {
    let (user, id) = (name.parse().unwrap(), id.parse().unwrap());
    let request = Request { id, user, nodes: 1, created_at: NOW, expires_at: NOW };
    Change::Place { request, cost: sliderule_api::MicroUsd(0) }
}

async fn owners(books: &Books) -> i64 {
    let count = "SELECT count(*) FROM memberships WHERE role = 'owner' AND state = 'active'";
    sqlx::query_scalar(count).fetch_one(&books.raw).await.unwrap()
}

async fn lines(db: &Database) -> Vec<String> {
    let acme = "acme".parse().unwrap();
    let lines = db.audit(AuditOf::Organization(&acme), None, 100).await.unwrap();
    lines.into_iter().map(|line| format!("{} {}", line.action, line.subject)).collect()
}

#[tokio::test]
async fn of_ten_owners_who_leave_or_demote_each_other_at_once_one_stays() {
    for round in 0..8 {
        let books = Books::of_acme().await;
        for name in (3..=10).map(|id| format!("u{id}")) {
            books.add_user(&name).await;
        }
        books.everybody_joins().await;
        books.sql("UPDATE memberships SET role = 'owner'").await.unwrap();
        let other = Database::open(books.db.path()).await.unwrap();
        let both = [&books.db, &other];
        let deeds = (1..=10).map(|id: i64| {
            // Half of them leave, the others demote or deactivate whoever comes after them.
            let next = format!("u{}", if (3..10).contains(&id) { id + 1 } else { 3 });
            let what = match (id + round) % 4 {
                0 | 1 => What::Leave,
                2 => act(Act::Give(Role::Member), &next),
                _ => act(Act::Deactivate, &next),
            };
            let (db, deed) = (both[usize::try_from(id % 2).unwrap()], deed(user(id), what));
            async move { db.change_membership(&deed).await }
        });
        let done = futures_util::future::join_all(deeds).await;
        assert!(done.iter().any(Result::is_ok), "{done:?}");
        for id in 1..=10 {
            let _ = books.db.change_membership(&deed(user(id), What::Leave)).await;
        }
        assert_eq!(owners(&books).await, 1, "round {round}: {done:?}");
        other.close().await;
    }
}

#[tokio::test]
async fn what_a_member_asked_for_ends_in_the_transaction_that_ends_the_membership() {
    let books = Books::of_acme().await;
    books.change(&[place("bob", "r-1"), place("bob", "r-2"), place("ada", "r-3")]).await.unwrap();
    let off = deed(user(1), act(Act::Deactivate, "BOB"));
    let became = books.db.change_membership(&off).await.unwrap();
    assert_eq!((became.user.as_str(), became.released), ("bob", 0), "they were over, but open");
    let left: Vec<_> = books.cluster("acme").await.requests.iter().map(|open| open.id.clone()).collect();
    assert_eq!(left, ["r-3".parse::<RequestId>().unwrap()]);
    assert_eq!(lines(&books.db).await[0], "membership.deactivated bob");
    let again = books.db.change_membership(&off).await.unwrap();
    assert_eq!((again.membership, lines(&books.db).await.len()), (became.membership, 2), "told once");
}

#[tokio::test]
async fn an_order_that_was_under_way_when_the_membership_ended_places_nothing() {
    let books = Books::of_acme().await;
    books.add_organization("zebra", 1).await;
    let both = ["acme", "zebra"].map(|name| name.parse().unwrap());
    let not_a_member = Err(Breach::NotAMember("bob".parse().unwrap()));
    for (how, end) in [
        (
            "deactivated",
            "UPDATE memberships SET state = 'deactivated' WHERE organization_id = 1 AND user_id = 2",
        ),
        (
            "asked only",
            "UPDATE memberships SET state = 'requested' WHERE organization_id = 1 AND user_id = 2",
        ),
        ("left", "DELETE FROM memberships WHERE organization_id = 1 AND user_id = 2"),
        ("disabled", "UPDATE users SET disabled_at_ms = 1 WHERE id = 2"),
    ] {
        books.everybody_joins().await;
        books.sql("UPDATE memberships SET state = 'active'").await.unwrap();
        books.sql(end).await.unwrap();
        let before = books.cluster("acme").await;
        let paused = !books.cluster("zebra").await.paused;
        let changes = |acme: bool| match acme {
            true => vec![Change::Paused(!before.paused), place("bob", "r-1")],
            false => vec![Change::Paused(paused)],
        };
        let mut decide =
            |cluster: &sliderule_provisioning::cluster::Cluster| changes(cluster.organization == both[0]);
        let changed = books.db.change(Writer::Operator, &both, &mut decide).await.unwrap();
        assert_eq!(changed[0].outcome, not_a_member, "{how}");
        assert_eq!((&changed[1].outcome, books.cluster("acme").await), (&Ok(()), before), "{how}");
        assert_eq!(books.cluster("zebra").await.paused, paused, "{how}: no other is kept from changing");
    }
}

#[tokio::test]
async fn who_has_no_say_is_not_told_who_exists() {
    let books = Books::of_acme().await;
    books.add_user("eve").await;
    for name in ["ada", "bob", "nobody"] {
        let refused =
            books.db.change_membership(&deed(user(3), act(Act::Deactivate, name))).await.unwrap_err();
        assert!(matches!(refused, Unchanged::Refused(Refused::ManagersOnly)), "{name}: {refused:?}");
    }
    for name in ["eve", "nobody"] {
        let refused = books.db.change_membership(&deed(user(1), act(Act::Approve, name))).await.unwrap_err();
        assert!(matches!(refused, Unchanged::Refused(Refused::NoMembership)), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn an_owner_who_can_no_longer_sign_in_is_none_who_could_be_left() {
    let books = Books::of_acme().await;
    books.sql("UPDATE memberships SET role = 'owner'").await.unwrap();
    books.sql("UPDATE users SET disabled_at_ms = 1 WHERE id = 2").await.unwrap();
    let leave = deed(user(1), What::Leave);
    let refused = books.db.change_membership(&leave).await.unwrap_err();
    assert!(matches!(refused, Unchanged::Refused(Refused::LastOwner)), "{refused:?}");
    let disabled = books.db.change_membership(&deed(user(2), What::Leave)).await.unwrap_err();
    assert!(matches!(disabled, Unchanged::Disabled), "{disabled:?}");
    books.sql("UPDATE users SET disabled_at_ms = NULL").await.unwrap();
    assert!(books.db.change_membership(&leave).await.is_ok());
}
