//! The commands that manage the keys that sign tokens, without a server and beside one.

use std::time::{Duration, Instant};

use reqwest::Client;
use rustix::process::Signal;
use serde_json::Value;

use crate::ps::{Ps, acme, client, run};

/// The keys that a server publishes, the one that signs longest last.
async fn published(http: &Client, ps: &Ps) -> Vec<String> {
    let answer = http.get(format!("{}/.well-known/jwks.json", ps.url)).send().await.unwrap();
    let keys: Value = answer.json().await.unwrap();
    keys["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

async fn status(http: &Client, ps: &Ps, token: &str) -> u16 {
    let asked = http.get(format!("{}/api/v1/session", ps.url)).bearer_auth(token).send().await;
    asked.unwrap().status().as_u16()
}

/// Within the second that is promised, and what a busy machine adds.
async fn soon(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so().await {
        assert!(Instant::now() < deadline, "waited too long until {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn keys_are_made_and_revoked_beside_a_running_server() {
    let dir = acme("1");
    let key = |arguments: &[&str]| run(&[&["key"], arguments].concat(), dir.path(), "");
    assert!(key(&["list"]).stdout.starts_with("there is no key yet"), "{:?}", key(&["list"]));

    let (ps, http) = (Ps::serve(dir.path(), &[]), client());
    let token = ps.sign_in(&http).await;
    let first = published(&http, &ps).await.remove(0);
    assert!(key(&["list"]).stdout.starts_with(&format!("{first}  signs since 20")));

    let made = key(&["rotate"]).stdout;
    assert!(made.starts_with("made key ") && made.contains(", which signs from 20"), "{made}");
    let next = made["made key ".len()..][..first.len()].to_owned();
    soon("the next key is published", async || published(&http, &ps).await == [next.clone(), first.clone()])
        .await;
    let again = key(&["rotate"]);
    assert!(again.code == Some(1) && again.stderr.contains(&format!("key {next} signs from")), "{again:?}");
    let list = key(&["list"]).stdout;
    assert!(list.contains(&format!("{next}  is published, and signs from 20")), "{list}");

    let at_once = key(&["rotate", "--now"]).stdout;
    let third = at_once["made key ".len()..][..first.len()].to_owned();
    soon("the third key signs", async || {
        let list = key(&["list"]).stdout;
        list.contains(&format!("{third}  signs since")) && list.contains(&format!("{first}  signed from"))
    })
    .await;
    assert_eq!(status(&http, &ps, &token).await, 200, "what the first one signed is still good");

    let revoked = key(&["revoke", &first]);
    assert_eq!(revoked.stdout, format!("revoked key {first}; 1 sessions ended with it\n"), "{revoked:?}");
    assert_eq!(status(&http, &ps, &token).await, 401, "its session ended with it");
    soon("the key is gone", async || !published(&http, &ps).await.contains(&first)).await;
    assert_eq!(key(&["revoke", &first]).code, Some(1));

    for kid in [&next, &third] {
        assert_eq!(key(&["revoke", kid]).code, Some(0));
    }
    soon("another key signs, although all were revoked", async || {
        let keys = published(&http, &ps).await;
        keys.len() == 1 && keys[0] != next && keys[0] != third
    })
    .await;
    let token = ps.sign_in(&http).await;
    assert_eq!(status(&http, &ps, &token).await, 200);
    ps.end(Signal::TERM);
}
