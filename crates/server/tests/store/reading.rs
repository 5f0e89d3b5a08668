//! What is read of an organization besides its cluster: its account, what was spent, its notices, orders by their keys.

use sliderule_api::costs::SpendBy;
use sliderule_api::{MicroUsd, OrganizationName};
use sliderule_provisioning::account::Posting;
use sliderule_provisioning::change::{Change, Notice, NoticeKind};
use sliderule_provisioning::cluster::Request;
use sliderule_provisioning::time::Moment;
use sliderule_server::store::{LineKind, NewMembership, Role, Standing};

use crate::stage::{Books, NOW, charge, line, line_at, reserve, warned};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// That many days after 2026-11-23.
fn day(days: i64) -> Moment {
    Moment(NOW.0 + days * DAY)
}

fn acme() -> OrganizationName {
    "acme".parse().unwrap()
}

/// Four charges, an overrun, a correction, and what is left of the reservation settled.
async fn spent() -> Books {
    let books = Books::of_acme().await;
    let overrun = Posting::Overrun { node: Some("n-1".parse().unwrap()), amount: MicroUsd(50) };
    let correction = Posting::Adjust { amount: MicroUsd(-7) };
    let changes = [
        reserve(0, 1_000_000),
        charge(day(0), "a", Some("ada"), 100),
        charge(day(0), "b", None, 10),
        charge(day(1), "c", Some("bob"), 1_000),
        charge(day(8), "d", Some("ada"), 10_000),
        line_at(day(8), "e", overrun),
        line_at(day(8), "f", correction),
        line("s", Posting::Settle { reservation: 0 }),
    ];
    books.change(&changes).await.unwrap();
    books
}

#[tokio::test]
async fn spending_is_summed_by_user_day_and_month() {
    let books = spent().await;
    let spend = async |from: Moment, to: Moment, by: SpendBy| {
        let lines = books.db.spend(&acme(), from, to, by).await.unwrap();
        let of = |line: sliderule_api::costs::SpendLine| {
            let user = line.user.map(|user| user.to_string());
            (user.or(line.period).unwrap_or_default(), line.spent_micro_usd.0)
        };
        lines.into_iter().map(of).collect::<Vec<_>>()
    };
    let sums =
        |sums: &[(&str, i64)]| sums.iter().map(|(of, sum)| ((*of).to_owned(), *sum)).collect::<Vec<_>>();
    let ever = (Moment(0), day(100));
    assert_eq!(
        spend(ever.0, ever.1, SpendBy::User).await,
        sums(&[("", 60), ("ada", 10_100), ("bob", 1_000)])
    );
    assert_eq!(
        spend(ever.0, ever.1, SpendBy::Day).await,
        sums(&[("2026-11-23", 110), ("2026-11-24", 1_000), ("2026-12-01", 10_050)])
    );
    assert_eq!(spend(ever.0, ever.1, SpendBy::Month).await, sums(&[("2026-11", 1_110), ("2026-12", 10_050)]));
    assert_eq!(
        spend(day(1), day(8), SpendBy::User).await,
        sums(&[("bob", 1_000)]),
        "up to and without the end"
    );
    assert_eq!(spend(day(9), day(10), SpendBy::Month).await, sums(&[]));
}

#[tokio::test]
async fn an_account_shows_its_newest_lines_and_what_all_of_them_come_to() {
    let books = spent().await;
    let account = books.db.account(&acme()).await.unwrap().unwrap();
    let sums = &account.cluster.account;
    assert_eq!(account.cluster, books.cluster("acme").await);
    assert_eq!(sums.balance, MicroUsd(10_000_000 - 11_167));
    assert_eq!((sums.credited, &sums.reservation), (MicroUsd(10_000_000), &None));
    assert_eq!(account.lines.iter().map(|line| line.amount).sum::<MicroUsd>(), sums.balance);
    assert_eq!(account.lines.iter().map(|line| line.set_aside).sum::<MicroUsd>(), MicroUsd::ZERO);
    let newest = &account.lines[0];
    assert_eq!((newest.number, newest.kind, newest.set_aside), (9, LineKind::Settle, MicroUsd(-988_890)));
    let overrun = account.lines.iter().find(|line| line.kind == LineKind::Overrun).unwrap();
    assert_eq!(overrun.node.as_ref().unwrap().as_str(), "n-1");
    let dear = account.lines.iter().find(|line| line.amount == MicroUsd(-10_000)).unwrap();
    assert_eq!(dear.payer.as_ref().unwrap().as_str(), "ada");
    let many =
        |from: i64| (from..from + 60).map(|i| line(&format!("{i}"), Posting::Credit { amount: MicroUsd(1) }));
    books.change(&many(0).chain(many(60)).collect::<Vec<_>>()).await.unwrap();
    let account = books.db.account(&acme()).await.unwrap().unwrap();
    assert_eq!((account.lines.len(), account.lines[0].number), (100, 129));
    assert_eq!(books.db.account(&"nobody".parse().unwrap()).await.unwrap(), None);
}

#[tokio::test]
async fn notices_are_read_on_from_the_last_one_seen() {
    let books = Books::of_acme().await;
    let notice = |key: &str, user: Option<&str>| {
        let user = user.map(|name| name.parse().unwrap());
        let (key, message) = (key.to_owned(), format!("It's {key}."));
        Change::Notify(Notice { at: NOW, key, kind: NoticeKind::FundsLow, user, message })
    };
    let told = [notice("1", None), notice("2", Some("ada")), notice("3", Some("bob")), notice("2", None)];
    books.change(&told).await.unwrap();
    books.change(&told).await.unwrap();
    let read = async |reader: Option<&str>, after, limit| {
        let reader = reader.map(|name| name.parse().unwrap());
        let told = books.db.notices(&acme(), reader.as_ref(), after, limit).await.unwrap();
        told.into_iter().map(|told| (told.number, told.notice.key)).collect::<Vec<_>>()
    };
    let keys = |read: &[(u64, String)]| read.iter().map(|(_, key)| key.clone()).collect::<String>();
    let all = read(None, None, 10).await;
    assert_eq!(keys(&all), "123", "each once, oldest first");
    assert_eq!(keys(&read(None, None, 2).await), "23", "the newest");
    assert_eq!(keys(&read(None, Some(0), 2).await), "12", "the first after the one seen");
    assert_eq!(keys(&read(None, Some(all[1].0), 10).await), "3");
    assert_eq!(keys(&read(Some("ada"), None, 10).await), "12", "what concerns her, or nobody in particular");
}

#[tokio::test]
async fn an_order_is_found_by_its_key_also_when_its_request_is_closed() {
    let books = Books::of_acme().await;
    let id: sliderule_api::RequestId = "r-1".parse().unwrap();
    let user: sliderule_api::UserName = "ada".parse().unwrap();
    let request =
        Request { id: id.clone(), user: user.clone(), nodes: 2, created_at: NOW, expires_at: day(1) };
    let (key, order) = ("key".to_owned(), "two nodes".to_owned());
    let changes = [
        Change::Place { request: request.clone(), cost: MicroUsd(9) },
        Change::Keyed { user: user.clone(), key, order, request: id.clone() },
    ];
    books.change(&changes).await.unwrap();
    let find = async |key: &str| books.db.order_by_key(&acme(), &user, key).await.unwrap();
    let earlier = find("key").await.unwrap();
    assert_eq!((earlier.request, earlier.closed_at, earlier.cost), (request, None, MicroUsd(9)));
    books.change(&[Change::Close { id, at: day(0) }]).await.unwrap();
    assert_eq!(find("key").await.unwrap().closed_at, Some(day(0)));
    assert_eq!(find("another").await, None);
}

#[tokio::test]
async fn a_member_stands_as_their_role_says() {
    let books = Books::of_acme().await;
    let (add, set) = (
        |role| NewMembership { organization: acme(), user: "bob".parse().unwrap(), role, at: NOW },
        async |what: &str| {
            books.sql(format!("UPDATE memberships SET {what} WHERE user_id = 2")).await.unwrap()
        },
    );
    let standing = async |user: i64, organization: &str| books.db.standing(user, organization).await.unwrap();
    assert_eq!(standing(1, "acme").await, Standing::Active(Role::Owner));
    assert_eq!(standing(2, "acme").await, Standing::Active(Role::Member));
    assert!(books.db.add_member(&add(Role::Manager)).await.is_err(), "already one");
    set("state = 'deactivated'").await;
    assert_eq!(standing(2, "acme").await, Standing::Inactive);
    assert!(books.db.add_member(&add(Role::Manager)).await.is_err(), "and switched off on purpose");
    set("state = 'requested'").await;
    assert_eq!(standing(2, "acme").await, Standing::Inactive);
    books.db.add_member(&add(Role::Manager)).await.unwrap();
    assert_eq!(standing(2, "acme").await, Standing::Active(Role::Manager), "who asks may be added");
    books.sql("UPDATE users SET disabled_at_ms = 1 WHERE id = 2").await.unwrap();
    assert_eq!(standing(2, "acme").await, Standing::Inactive, "a disabled account opens nothing");
    assert_eq!(standing(3, "acme").await, Standing::Stranger);
    assert_eq!(standing(1, "nobody").await, Standing::NoOrganization);
}

#[tokio::test]
async fn warnings_are_remembered_until_there_is_credit() {
    let books = Books::of_acme().await;
    books.change(&[warned()]).await.unwrap();
    assert_eq!(books.account().await.warned.len(), 1);
    books.change(&[line("more", Posting::Credit { amount: MicroUsd(1) })]).await.unwrap();
    assert!(books.account().await.warned.is_empty());
}
