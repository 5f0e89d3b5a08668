//! What happens is told as it happens, to whom it concerns, and to nobody else.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use sliderule_api::MicroUsd;
use sliderule_api::status::{ClusterState, ClusterStatus, Grant};
use sliderule_provisioning::hand;
use tokio::time::{Instant, timeout};

use crate::test_app::{TestApp, eventually};

const PATH: &str = "/api/v1/organizations/acme/events";

/// Longer than anything takes, however busy the machine is.
const LONG: Duration = Duration::from_secs(20);

/// One event.
#[derive(Debug)]
struct Event {
    name: String,
    id: u64,
    data: Value,
}

impl Event {
    fn status(&self) -> ClusterStatus {
        assert_eq!(self.name, "status", "{self:?}");
        serde_json::from_value(self.data.clone()).unwrap()
    }
}

/// Somebody who listens.
struct Listening {
    response: reqwest::Response,
    text: String,
}

impl Listening {
    async fn by(http: &reqwest::Client, app: &TestApp, token: &str, last: Option<u64>) -> Self {
        let request = http.get(format!("{}{PATH}", app.url)).bearer_auth(token);
        let request = last.into_iter().fold(request, |request, last| request.header("last-event-id", last));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        Self { response, text: String::new() }
    }

    async fn to(app: &TestApp, token: &str) -> Self {
        Self::by(&app.http, app, token, None).await
    }

    /// The next event; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        let deadline = Instant::now() + LONG;
        loop {
            while let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
                        .map(str::to_owned)
                };
                let event = field("event").map(|name| Event {
                    name,
                    id: field("id").unwrap().parse().unwrap(),
                    data: serde_json::from_str(&field("data").unwrap()).unwrap(),
                });
                self.text = rest.to_owned();
                if event.is_some() {
                    return event;
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let chunk = timeout(left, self.response.chunk()).await.expect("an event in time").unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event that is wanted, whatever comes before.
    async fn until(&mut self, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        loop {
            let event = self.next().await.expect("an event before the end");
            if wanted(&event) {
                return event;
            }
        }
    }

    /// The reason of the end, after which there is nothing.
    async fn end(mut self) -> String {
        let end = self.until(|event| event.name == "end").await;
        assert!(self.next().await.is_none());
        end.data["reason"].as_str().unwrap().to_owned()
    }
}

/// Credit that an operator gives beside the server.
async fn credit(app: &TestApp, key: &str) {
    app.operator(|cluster, now| hand::credit(cluster, MicroUsd(1_000_000), key, "more", now)).await;
}

#[tokio::test]
async fn the_status_comes_at_once_and_again_whenever_it_is_another_one() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let mut listening = Listening::to(&app, &token).await;
    for (header, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(listening.response.headers()[header], value);
    }
    let first = listening.next().await.unwrap().status();
    assert_eq!((first.state, first.requests.len()), (ClusterState::Asleep, 0));
    app.ask(&token, 2, 60).await;
    let ready = |event: &Event| event.name == "status" && event.data["nodes"]["ready"] == 2;
    let running = listening.until(ready).await.status();
    assert_eq!((running.state, running.requests.len()), (ClusterState::Running, 1));
    let mut another = Listening::to(&app, &token).await;
    assert_eq!(another.next().await.unwrap().status().state, ClusterState::Running);
    app.ours(Method::DELETE, "requests", &token, Value::Null).await;
    for listening in [&mut listening, &mut another] {
        listening.until(|event| event.data["state"] == "asleep").await;
    }
}

#[tokio::test]
async fn a_change_is_told_within_a_quarter_of_a_second() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let mut listening = Listening::to(&app, &token).await;
    let mut took = Vec::new();
    for minutes in 20..31 {
        let order = json!({ "nodes": 1, "time_to_live_seconds": minutes * 60 });
        let grant: Grant = app.ours(Method::POST, "requests", &token, order).await.json();
        let granted = Instant::now();
        let id = grant.request.id;
        let tells = |event: &Event| {
            event.name == "status" && event.status().requests.iter().any(|request| request.id == id)
        };
        listening.until(tells).await;
        took.push(granted.elapsed());
    }
    took.sort_unstable();
    assert!(took[took.len() / 2] < Duration::from_millis(250), "{took:?}");
}

#[tokio::test]
async fn notices_come_as_they_are_written_and_who_comes_back_misses_none() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    credit(&app, "before").await;
    let mut listening = Listening::to(&app, &token).await;
    let first = listening.next().await.unwrap();
    assert_eq!(first.name, "status", "what was before is history");
    credit(&app, "first").await;
    let told = listening.until(|event| event.name == "notice").await;
    assert_eq!((told.data["kind"].as_str(), told.data["number"].as_u64()), (Some("credited"), Some(told.id)));
    assert!(told.id > first.id);
    drop(listening);

    for key in ["second", "third"] {
        credit(&app, key).await;
    }
    let mut back = Listening::by(&app.http, &app, &token, Some(told.id)).await;
    let (second, third) = (back.next().await.unwrap(), back.next().await.unwrap());
    assert_eq!((second.name.as_str(), third.name.as_str()), ("notice", "notice"));
    assert!(told.id < second.id && second.id < third.id);
    let status = back.next().await.unwrap();
    assert_eq!((status.status().balance_micro_usd, status.id), (MicroUsd(14_000_000), third.id));
    let mut lost = Listening::by(&app.http, &app, &token, Some(u64::MAX)).await;
    assert_eq!(lost.next().await.unwrap().name, "status", "an id that is none of ours");
}

#[tokio::test]
async fn hundreds_of_notices_that_were_missed_all_come_in_their_order() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    app.sql(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 700)
         INSERT INTO notices (organization_id, at_ms, kind, message, notice_key)
         SELECT (SELECT id FROM organizations WHERE name = 'acme'), i, 'by_hand', 'number ' || i, 'key ' || i FROM n",
    )
    .await;
    let mut listening = Listening::by(&app.http, &app, &token, Some(0)).await;
    for number in 1..=700 {
        assert_eq!(listening.next().await.unwrap().data["message"], format!("number {number}"));
    }
    assert_eq!(listening.next().await.unwrap().name, "status");
}

#[tokio::test]
async fn a_stream_ends_with_the_membership_the_token_and_the_server() {
    let app =
        TestApp::start().await.with_acme().await.with_user("bob").await.with_member("acme", "bob").await;
    let (ada, bob) = (app.token().await, app.token_of("bob", "acme").await);
    let bobs = Listening::to(&app, &bob).await;
    let adas = Listening::to(&app, &ada).await;
    app.sql("UPDATE memberships SET state = 'deactivated' WHERE user_id = (SELECT id FROM users WHERE name = 'bob')")
        .await;
    assert_eq!(bobs.end().await, "membership_ended");
    app.clock.advance(Duration::from_secs(3601));
    credit(&app, "after the token").await;
    assert_eq!(adas.end().await, "token_expired");

    let ada = app.token().await;
    let listening = Listening::to(&app, &ada).await;
    let ending = tokio::spawn(listening.end());
    let begun = Instant::now();
    app.stop().await;
    assert_eq!(ending.await.unwrap(), "unavailable");
    assert!(begun.elapsed() < LONG);
}

#[tokio::test]
async fn a_stream_ends_with_the_session_wherever_that_is_revoked() {
    let app = TestApp::start().await.with_acme().await;
    let (listens, revokes) = (app.token().await, app.token().await);
    let mut listening = Listening::to(&app, &listens).await;
    listening.next().await.unwrap();
    let revoked = app.send(Method::DELETE, "/api/v1/sessions", Some(&revokes), None).await;
    assert_eq!(revoked.json::<Value>()["revoked"], 1, "{revoked}");
    let begun = Instant::now();
    assert_eq!(listening.end().await, "membership_ended");
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn nobody_listens_more_often_than_a_few_times() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let mut listening = Vec::new();
    for _ in 0..8 {
        listening.push(Listening::to(&app, &token).await);
    }
    let refused = app.get(PATH, &token).await;
    assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "15"));
    assert_eq!(refused.header("content-type"), "application/problem+json");
    drop(listening.pop());
    eventually("a seat is free again", async || {
        let request = app.http.get(format!("{}{PATH}", app.url)).bearer_auth(&token);
        (request.send().await.unwrap().status() == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn many_listen_over_one_connection_of_http_2() {
    let app = TestApp::start().await.with_acme().await;
    let token = app.token().await;
    let http = reqwest::Client::builder().http2_prior_knowledge().build().unwrap();
    let mut listening = Vec::new();
    for _ in 0..4 {
        listening.push(Listening::by(&http, &app, &token, None).await);
    }
    app.ask(&token, 1, 60).await;
    for listening in &mut listening {
        assert_eq!(listening.response.version(), http::Version::HTTP_2);
        listening.until(|event| event.data["state"] == "running").await;
    }
}

#[tokio::test]
async fn outsiders_hear_nothing() {
    let app = TestApp::start()
        .await
        .with_acme()
        .await
        .with_user("eve")
        .await
        .with_organization("other", "eve", "1")
        .await;
    let eve = app.token_of("eve", "other").await;
    assert_eq!(app.get(PATH, &eve).await.status, 403);
    assert_eq!(app.get(PATH, &app.account_token("eve").await).await.status, 403);
    assert_eq!(app.send(Method::GET, PATH, None, None).await.status, 401);
}
