//! Forgeries in the payload: changed under the genuine signature, or wrong in one claim and signed by the server itself.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Forgery;
use super::genuine::{Model, encoded};

pub(super) fn forgeries(model: &Model) -> Vec<Forgery> {
    [changed(model), missing(model), wrong(model), malformed(model)].into_iter().flatten().collect()
}

/// Claims that a forger would like to have, under the genuine signature.
fn changed(model: &Model) -> Vec<Forgery> {
    let wishes = [
        ("user_id", json!(1_000)),
        ("user_name", json!("root")),
        ("exp", json!(4_000_000_000_u64)),
        ("token_type", json!(if model.claims["token_type"] == "access" { "refresh" } else { "access" })),
        ("sid", json!("0".repeat(32))),
        ("jti", json!("0".repeat(32))),
        ("role", json!("owner")),
    ];
    let under = |claims: &Value| format!("{}.{}.{}", model.parts[0], encoded(claims), model.parts[2]);
    let mut made: Vec<_> = wishes
        .into_iter()
        .map(|(claim, value)| {
            let claims = model.with(|claims| claims[claim] = value);
            Forgery::new(format!("{claim} changed under the signature"), under(&claims))
        })
        .collect();
    let both = model.with(|claims| {
        claims["aud"] = json!("other");
        claims["org_name"] = json!("other");
    });
    made.push(Forgery::new("the organization changed under the signature", under(&both)));
    made
}

/// One claim is not there.
fn missing(model: &Model) -> Vec<Forgery> {
    let claims = ["token_type", "exp", "iat", "jti", "sid", "aud", "org_name", "user_name", "user_id"];
    let without = claims.map(|claim| {
        let claims = model.with(|claims| drop(claims.as_object_mut().unwrap().remove(claim)));
        Forgery::new(format!("{claim} is missing"), model.signed_by_the_server(claims.to_string()))
    });
    without.into()
}

/// One claim is wrong.
fn wrong(model: &Model) -> Vec<Forgery> {
    let number = |claim: &str| model.claims[claim].as_u64().unwrap();
    let (iat, exp) = (number("iat"), number("exp"));
    let wrong = [
        ("exp", "a second ago", json!(iat - 1)),
        ("exp", "now", json!(iat)),
        ("exp", "text", json!(exp.to_string())),
        ("exp", "a fraction", json!(4_000_000_000.5)),
        ("exp", "beyond all numbers", json!(1e300)),
        ("exp", "the largest number", json!(u64::MAX)),
        ("exp", "negative", json!(-1)),
        ("exp", "nothing", Value::Null),
        ("exp", "true", json!(true)),
        ("exp", "a year after the session's end", json!(exp + 400 * 86_400)),
        ("iat", "an hour from now", json!(iat + 3600)),
        ("iat", "negative", json!(-1)),
        ("iat", "text", json!(iat.to_string())),
        ("aud", "another organization", json!("other")),
        ("aud", "a list", json!(["acme"])),
        ("aud", "a list of two", json!(["other", "acme"])),
        ("aud", "the account", json!("ps")),
        ("aud", "in capitals", json!("ACME")),
        ("aud", "with a space", json!("acme ")),
        ("aud", "empty", json!("")),
        ("org_name", "another organization", json!("other")),
        ("org_name", "a path", json!("../acme")),
        ("org_name", "nothing", Value::Null),
        (
            "token_type",
            "in capitals",
            json!(model.claims["token_type"].as_str().unwrap().to_ascii_uppercase()),
        ),
        ("token_type", "a list", json!([model.claims["token_type"]])),
        ("token_type", "of another system", json!("id")),
        ("token_type", "nothing", Value::Null),
        ("user_id", "somebody else's", json!(number("user_id") + 1)),
        ("user_id", "zero", json!(0)),
        ("user_id", "negative", json!(-1)),
        ("user_id", "text", json!("1")),
        ("user_id", "a fraction", json!(1.0)),
        ("user_id", "beyond all numbers", json!(u64::MAX)),
        ("user_name", "empty", json!("")),
        ("user_name", "with a line break", json!("ada\nroot")),
        ("user_name", "a list", json!(["ada"])),
        ("sid", "of no session", json!("0".repeat(32))),
        ("sid", "empty", json!("")),
        ("sid", "SQL that is true", json!("' OR '1'='1")),
        ("sid", "a pattern", json!("%")),
        ("sid", "a number", json!(0)),
        ("jti", "a number", json!(0)),
    ];
    let mut made: Vec<_> = wrong
        .into_iter()
        .map(|(claim, how, value)| {
            let claims = model.with(|claims| claims[claim] = value);
            Forgery::new(format!("{claim} is {how}"), model.signed_by_the_server(claims.to_string()))
        })
        .collect();
    let moved = model.with(|claims| {
        claims["aud"] = json!("ps");
        claims["org_name"] = json!("ps");
    });
    made.push(Forgery::new(
        "an organization's session for the account",
        model.signed_by_the_server(moved.to_string()),
    ));
    made
}

/// The payload is no object of claims, or two at once.
fn malformed(model: &Model) -> Vec<Forgery> {
    let claims = model.claims.to_string();
    let inside = claims.trim_start_matches('{').trim_end_matches('}');
    let cut = &claims[..claims.len() - 1];
    let payloads: Vec<(&str, Vec<u8>)> = vec![
        ("empty", vec![]),
        ("null", b"null".to_vec()),
        ("a list", format!("[{claims}]").into()),
        (
            "the values only",
            json!(model.claims.as_object().unwrap().values().collect::<Vec<_>>()).to_string().into(),
        ),
        ("text", json!(claims).to_string().into()),
        ("cut off", cut.into()),
        ("followed by more", format!("{claims}{claims}").into()),
        ("with exp twice", format!("{{\"exp\":4000000000,{inside}}}").into()),
        ("with user_id twice", format!("{{{inside},\"user_id\":1}}").into()),
        ("with aud twice", format!("{{\"aud\":\"other\",{inside}}}").into()),
        ("not UTF-8", [claims.as_bytes(), &[0xff]].concat()),
        ("with a mark of byte order", format!("\u{feff}{claims}").into()),
        ("another token", model.token().into()),
        ("very deep", "[".repeat(500).into()),
    ];
    let mut made: Vec<_> = payloads
        .into_iter()
        .map(|(name, payload)| {
            Forgery::new(format!("a payload that is {name}"), model.signed_by_the_server(payload))
        })
        .collect();
    // Signed as if it were not encoded (RFC 7797), and detached (RFC 7515, appendix F).
    let raw = model.claims.to_string();
    made.push(Forgery::new("an unencoded payload", format!("{}.{raw}.{}", model.parts[0], model.parts[2])));
    made.push(Forgery::new("a detached payload", format!("{}..{}", model.parts[0], model.parts[2])));
    let twice = URL_SAFE_NO_PAD.encode(&model.parts[1]);
    made.push(Forgery::new(
        "a payload encoded twice",
        format!("{}.{twice}.{}", model.parts[0], model.parts[2]),
    ));
    made
}
