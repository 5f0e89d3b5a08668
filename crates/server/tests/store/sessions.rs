//! Sessions, the exchange of their tokens, and keys, as the database keeps them.

use futures_util::future::join_all;
use sliderule_api::sessions::SignedInBy;
use sliderule_api::tokens::{Audience, Claims, TokenKind};
use sliderule_server::auth::key_schedule::{KeyTerms, LEAD};
use sliderule_server::auth::rotation::Exchange;
use sliderule_server::store::sessions::{Because, NewSession, Which, Whose};
use sliderule_server::store::{Actor, Admission, AdmissionKey, Database};

use crate::stage::{Books, NOW};

const BEGAN: u64 = 1_000_000;
const ADA: i64 = 1;

fn exchange(at: u64) -> Exchange {
    Exchange { at, access_until: at + 3600, refresh_until: at + 86_400, kid: "key".to_owned() }
}

fn session(id: &str, organization: Option<&str>, opened_by: Option<&str>) -> NewSession {
    NewSession {
        id: id.to_owned(),
        user: ADA,
        organization: organization.map(|name| name.parse().unwrap()),
        how: if opened_by.is_some() { SignedInBy::Account } else { SignedInBy::Password },
        opened_by: opened_by.map(str::to_owned),
        agent: String::new(),
        ends_at: BEGAN + 30 * 86_400,
        newest: "0".to_owned(),
        exchange: exchange(BEGAN),
    }
}

async fn begin(db: &Database, new: &NewSession) -> bool {
    db.begin_session(new, &Actor::command_line(), NOW).await.unwrap()
}

/// The token of that number, of ada's session in acme.
fn token(number: u32) -> Claims {
    let acme = Audience::Organization("acme".parse().unwrap());
    Claims {
        token_type: TokenKind::Refresh,
        exp: BEGAN + 86_400,
        iat: BEGAN,
        jti: number.to_string(),
        sid: "s".to_owned(),
        aud: acme.clone(),
        org_name: acme,
        user_name: "ada".parse().unwrap(),
        user_id: ADA,
    }
}

fn everything() -> Whose {
    Whose { user: ADA, organization: None }
}

async fn revoke(db: &Database, which: Which<'_>) -> u64 {
    let actor = Actor::command_line();
    db.revoke_sessions(&everything(), which, Because::Revoked, &actor, NOW, BEGAN).await.unwrap()
}

async fn admission(db: &Database, session: &str, user: i64, organization: Option<&str>) -> Admission {
    let organization = organization.map(|name| name.parse().unwrap());
    db.admission(&AdmissionKey { session: session.to_owned(), user, organization }).await.unwrap()
}

#[tokio::test]
async fn of_many_exchanges_of_one_token_in_two_programs_one_is_done() {
    let books = Books::of_acme().await;
    let other = Database::open(books.db.path()).await.unwrap();
    assert!(begin(&books.db, &session("s", Some("acme"), None)).await);
    let exchanged = join_all((0..20).map(async |i: u64| {
        let db = if i.is_multiple_of(2) { &books.db } else { &other };
        db.exchange(&token(0), "1", &exchange(BEGAN + i)).await.unwrap()
    }));
    assert_eq!(exchanged.await.into_iter().filter(|done| *done).count(), 1);
    let family = books.db.family(&token(0)).await.unwrap().unwrap();
    assert_eq!(family.newest, "1");
    assert_eq!(family.exchange, other.family(&token(0)).await.unwrap().unwrap().exchange);
    other.close().await;
}

#[tokio::test]
async fn the_last_exchange_is_kept_and_those_of_thirty_seconds() {
    let books = Books::of_acme().await;
    begin(&books.db, &session("s", Some("acme"), None)).await;
    let kept = async || {
        let parents =
            sqlx::query_scalar("SELECT parent FROM exchanges ORDER BY parent").fetch_all(&books.raw);
        parents.await.unwrap().into_iter().collect::<Vec<String>>()
    };
    for (number, at) in [(0, 0), (1, 10), (2, 30), (3, 40), (4, 41)] {
        let child = (number + 1).to_string();
        assert!(books.db.exchange(&token(number), &child, &exchange(BEGAN + at)).await.unwrap());
        let expected =
            [vec!["0"], vec!["0", "1"], vec!["0", "1", "2"], vec!["1", "2", "3"], vec!["2", "3", "4"]];
        assert_eq!(kept().await, expected[number as usize], "after {at} seconds");
    }
    books.db.exchange(&token(5), "6", &exchange(BEGAN + 3600)).await.unwrap();
    assert_eq!(kept().await, ["5"]);
    assert!(!books.db.exchange(&token(5), "6", &exchange(BEGAN + 3601)).await.unwrap());
    assert_eq!(revoke(&books.db, Which::One("s")).await, 1);
    assert!(!books.db.exchange(&token(6), "7", &exchange(BEGAN + 3602)).await.unwrap(), "it is over");
}

#[tokio::test]
async fn a_session_opens_what_it_was_begun_for_and_nothing_else() {
    let books = Books::of_acme().await;
    books.add_organization("other", 1).await;
    begin(&books.db, &session("s", Some("acme"), None)).await;
    begin(&books.db, &session("own", None, None)).await;
    let open = async |session: &str, user, organization| {
        matches!(admission(&books.db, session, user, organization).await, Admission::Open(_))
    };
    assert!(open("s", ADA, Some("acme")).await && open("own", ADA, None).await);
    for (session, user, organization) in [
        ("s", 2, Some("acme")),
        ("s", ADA, Some("other")),
        ("s", ADA, None),
        ("own", ADA, Some("acme")),
        ("none", ADA, Some("acme")),
        ("", ADA, None),
    ] {
        assert_eq!(
            admission(&books.db, session, user, organization).await,
            Admission::Over,
            "{session} {user}"
        );
    }
    books.sql("UPDATE users SET disabled_at_ms = 1 WHERE id = 1").await.unwrap();
    assert_eq!(admission(&books.db, "s", ADA, Some("acme")).await, Admission::Disabled);
}

#[tokio::test]
async fn nothing_begins_for_whom_was_disabled_or_signed_out_meanwhile() {
    let books = Books::of_acme().await;
    assert!(begin(&books.db, &session("own", None, None)).await);
    assert!(begin(&books.db, &session("opened", Some("acme"), Some("own"))).await);
    let unknown =
        books.db.begin_session(&session("x", Some("nowhere"), None), &Actor::command_line(), NOW).await;
    assert!(unknown.unwrap_err().to_string().contains("organization nowhere"));
    assert_eq!(revoke(&books.db, Which::One("own")).await, 2);
    assert!(!begin(&books.db, &session("late", Some("acme"), Some("own"))).await);
    books.sql("UPDATE users SET disabled_at_ms = 1 WHERE id = 1").await.unwrap();
    assert!(!begin(&books.db, &session("later", None, None)).await);
    let began: i64 = sqlx::query_scalar("SELECT count(*) FROM audit WHERE action = 'session.began'")
        .fetch_one(&books.raw)
        .await
        .unwrap();
    assert_eq!(began, 2, "and the log tells of none");
}

#[tokio::test]
async fn all_of_a_users_sessions_or_all_but_one_are_revoked_with_the_reason() {
    let books = Books::of_acme().await;
    begin(&books.db, &session("own", None, None)).await;
    for (id, opened_by) in [("a", None), ("b", Some("own"))] {
        begin(&books.db, &session(id, Some("acme"), opened_by)).await;
    }
    let bobs = NewSession { user: 2, ..session("bobs", None, None) };
    begin(&books.db, &bobs).await;
    assert_eq!(revoke(&books.db, Which::AllBut("own")).await, 2);
    assert_eq!(books.db.sessions(&everything(), BEGAN).await.unwrap().len(), 1);
    assert_eq!(revoke(&books.db, Which::All).await, 1);
    assert_eq!(revoke(&books.db, Which::All).await, 0);
    let why: Vec<(String,)> =
        sqlx::query_as("SELECT DISTINCT revoked_because FROM sessions WHERE user_id = 1")
            .fetch_all(&books.raw)
            .await
            .unwrap();
    assert_eq!(why, [("the user revoked it".to_owned(),)]);
    assert_eq!(books.db.sessions(&Whose { user: 2, organization: None }, BEGAN).await.unwrap().len(), 1);
}

#[tokio::test]
async fn keys_and_secrets_are_drawn_once_whoever_comes_first() {
    let books = Books::empty().await;
    let other = Database::open(books.db.path()).await.unwrap();
    let terms = KeyTerms { signs_for: 30 * 86_400, tokens_live: 86_400 };
    let dbs = [&books.db, &other, &books.db, &other];
    let secrets = join_all(dbs.map(async |db| db.secret("name").await.unwrap())).await;
    assert!(secrets.iter().all(|secret| *secret == secrets[0]) && secrets[0] != [0; 32]);
    assert_ne!(books.db.secret("another").await.unwrap(), secrets[0]);
    let kept = join_all(dbs.map(async |db| db.keep_keys(BEGAN, terms).await.unwrap())).await;
    let kids: Vec<_> = kept.iter().flatten().map(|timed| timed.times.kid.clone()).collect();
    assert_eq!(kids, [kids[0].as_str(); 4]);
    let later = books.db.keep_keys(BEGAN + terms.signs_for - LEAD, terms).await.unwrap();
    assert_eq!(later.len(), 2);
    let secret: Vec<u8> =
        sqlx::query_scalar("SELECT secret FROM signing_keys LIMIT 1").fetch_one(&books.raw).await.unwrap();
    assert!(!format!("{later:?}").contains(&format!("{secret:?}")[1..20]), "no secret is shown");
    other.close().await;
}
