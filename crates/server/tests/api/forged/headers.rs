//! Forgeries in the header: other algorithms, other keys, and places where a key might be fetched.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::Forgery;
use super::genuine::{Model, encoded, foreign_key, signed};

pub(super) fn forgeries(model: &Model) -> Vec<Forgery> {
    [unsigned(model), confused(model), foreign(model), fetched(model), extended(model)]
        .into_iter()
        .flatten()
        .collect()
}

/// The genuine header, changed.
fn header(model: &Model, change: impl FnOnce(&mut Value)) -> String {
    let mut header = model.header.clone();
    change(&mut header);
    encoded(&header)
}

/// No signature, or none that counts.
fn unsigned(model: &Model) -> Vec<Forgery> {
    let claims = &model.parts[1];
    let mut made = Vec::new();
    for alg in ["none", "None", "NONE", "nOnE", "", "null"] {
        let head = header(model, |header| header["alg"] = alg.into());
        made.push(Forgery::new(format!("alg {alg:?} and no signature"), format!("{head}.{claims}.")));
    }
    let none = header(model, |header| header["alg"] = "none".into());
    made.push(Forgery::new(
        "alg none under the genuine signature",
        format!("{none}.{claims}.{}", model.parts[2]),
    ));
    let bare = encoded(&json!({ "alg": "none" }));
    made.push(Forgery::new("alg none without kid", format!("{bare}.{claims}.")));
    for (name, alg) in [
        ("null", Value::Null),
        ("a number", 1.into()),
        ("a list", json!(["EdDSA"])),
        ("an object", json!({})),
    ] {
        let head = header(model, |header| header["alg"] = alg);
        made.push(Forgery::new(
            format!("alg is {name}"),
            signed(&head, model.claims.to_string(), &foreign_key()),
        ));
    }
    let missing = header(model, |header| drop(header.as_object_mut().unwrap().remove("alg")));
    made.push(Forgery::new("alg is missing", signed(&missing, model.claims.to_string(), &foreign_key())));
    made
}

/// Signed by another algorithm, with what everybody knows as its secret.
fn confused(model: &Model) -> Vec<Forgery> {
    let mac = |name: &str, alg: Algorithm, secret: &[u8]| {
        let head = header(model, |header| header["alg"] = json!(alg));
        let message = format!("{head}.{}", model.parts[1]);
        let key = EncodingKey::from_secret(secret);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, alg).unwrap();
        Forgery::new(name, format!("{message}.{signature}"))
    };
    let jwk = model.published_jwk();
    let mut made = vec![
        mac("HS256 with the public key's bytes", Algorithm::HS256, model.key.verifying_key().as_bytes()),
        mac("HS256 with the public key in base64url", Algorithm::HS256, model.published().as_bytes()),
        mac("HS256 with the public key in PEM", Algorithm::HS256, model.published_pem().as_bytes()),
        mac(
            "HS256 with the public key in PEM, trimmed",
            Algorithm::HS256,
            model.published_pem().trim().as_bytes(),
        ),
        mac("HS256 with the public key in DER", Algorithm::HS256, &model.published_der()),
        mac("HS256 with the public key as a JWK", Algorithm::HS256, jwk.to_string().as_bytes()),
        mac("HS256 with all public keys", Algorithm::HS256, json!({ "keys": [jwk] }).to_string().as_bytes()),
        mac("HS256 with the key's name", Algorithm::HS256, model.kid().as_bytes()),
        mac("HS256 with no secret", Algorithm::HS256, b""),
        mac("HS384 with the public key in PEM", Algorithm::HS384, model.published_pem().as_bytes()),
        mac("HS512 with the public key in PEM", Algorithm::HS512, model.published_pem().as_bytes()),
    ];
    // An elliptic key of the forger's own, as PKCS #8 (RFC 5915).
    let head = [
        0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
        0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04,
        0x20,
    ];
    let own = EncodingKey::from_ec_der(&[head.as_slice(), &[42; 32]].concat());
    let message = format!("{}.{}", header(model, |header| header["alg"] = "ES256".into()), model.parts[1]);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &own, Algorithm::ES256).unwrap();
    made.push(Forgery::new("ES256 with a key of one's own", format!("{message}.{signature}")));
    for (alg, length) in [("RS256", 256), ("PS256", 256), ("RS512", 512), ("ES512", 132), ("Ed448", 114)] {
        let head = header(model, |header| header["alg"] = alg.into());
        let signature = URL_SAFE_NO_PAD.encode(vec![1; length]);
        made.push(Forgery::new(
            format!("{alg} with anything"),
            format!("{head}.{}.{signature}", model.parts[1]),
        ));
    }
    let renamed = header(model, |header| header["alg"] = "Ed25519".into());
    made.push(Forgery::new(
        "the algorithm by its other name",
        signed(&renamed, model.claims.to_string(), &foreign_key()),
    ));
    made
}

/// Well signed, by somebody else, under whatever name.
fn foreign(model: &Model) -> Vec<Forgery> {
    let foreign = |head: &str| signed(head, model.claims.to_string(), &foreign_key());
    let mut made = vec![Forgery::new("a foreign key under our key's name", foreign(&model.parts[0]))];
    let no_kid = header(model, |header| drop(header.as_object_mut().unwrap().remove("kid")));
    made.push(Forgery::new("a foreign key without a name", foreign(&no_kid)));
    let kid = model.kid();
    let names = [
        ("its own name", json!("0a0b0c0d")),
        ("nothing", Value::Null),
        ("an empty name", json!("")),
        ("a number", json!(7)),
        ("a list with our key's name", json!([kid])),
        ("an object", json!({ "kid": kid })),
        ("a path out of the folder", json!("../../../../../../dev/null")),
        ("a path", json!("/dev/null")),
        ("SQL that is true", json!("' OR '1'='1")),
        (
            "SQL that brings a key",
            json!("x' UNION SELECT x'2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a2a' --"),
        ),
        ("a command", json!("|/bin/true")),
        ("an address", json!("https://forger.example/key")),
        ("a control character", json!(format!("{kid}\u{0}"))),
        ("our key's name in capitals", json!(kid.to_ascii_uppercase() + "A")),
        ("our key's name and a space", json!(format!("{kid} "))),
        ("our key's name in wide letters", json!(kid.replace(|letter: char| letter.is_ascii_digit(), "１"))),
        ("a very long name", json!("k".repeat(300))),
    ];
    for (name, kid) in names {
        let head = header(model, |header| header["kid"] = kid);
        made.push(Forgery::new(format!("a foreign key named by {name}"), foreign(&head)));
    }
    let twice = format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{kid}","kid":"0a0b0c0d"}}"#);
    made.push(Forgery::new("two names of keys", foreign(&URL_SAFE_NO_PAD.encode(twice))));
    let twice = format!(r#"{{"typ":"JWT","alg":"EdDSA","alg":"none","kid":"{kid}"}}"#);
    made.push(Forgery::new("two algorithms", foreign(&URL_SAFE_NO_PAD.encode(twice))));
    made
}

/// Well signed with a key that the header brings, or says where to get.
fn fetched(model: &Model) -> Vec<Forgery> {
    let own = URL_SAFE_NO_PAD.encode(foreign_key().verifying_key().as_bytes());
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "kid": model.kid(), "x": own });
    let brought = [
        ("jku", json!("https://forger.example/jwks.json")),
        ("jku", json!("https://ps.localhost/.well-known/jwks.json@forger.example/")),
        ("jku", json!("http://127.0.0.1:1/jwks.json")),
        ("jku", json!("file:///etc/passwd")),
        ("x5u", json!("https://forger.example/chain.pem")),
        ("x5c", json!([STANDARD.encode(foreign_key().verifying_key().as_bytes())])),
        ("jwk", jwk.clone()),
        ("jwks", json!({ "keys": [jwk] })),
        ("x5t", json!("dGh1bWJwcmludA")),
    ];
    let made = brought.into_iter().map(|(name, value)| {
        let head = header(model, |header| header[name] = value.clone());
        let token = signed(&head, model.claims.to_string(), &foreign_key());
        Forgery::new(
            format!("{name} {value}").replace(model.kid(), "our kid").replace(&own, "own key"),
            token,
        )
    });
    made.collect()
}

/// What a header may ask for that we do not do, even signed with the server's own key.
fn extended(model: &Model) -> Vec<Forgery> {
    let own = |head: &str| signed(head, model.claims.to_string(), &model.key);
    let asked = [
        ("crit exp", json!({ "crit": ["exp"] })),
        ("crit of nothing", json!({ "crit": [] })),
        ("crit of what is not there", json!({ "crit": ["x"], "x": true })),
        ("b64 false, critically", json!({ "crit": ["b64"], "b64": false })),
        ("b64 false", json!({ "b64": false })),
        ("zip", json!({ "zip": "DEF" })),
        ("enc", json!({ "enc": "A128GCM" })),
        ("another typ", json!({ "typ": "at+jwt" })),
    ];
    let mut made: Vec<_> = asked
        .into_iter()
        .map(|(name, more)| {
            let head = header(model, |header| {
                header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone())
            });
            Forgery::new(format!("a header that asks for {name}"), own(&head))
        })
        .collect();
    let spaced = URL_SAFE_NO_PAD.encode(model.header.to_string().replace(',', ", "));
    made.push(Forgery::new("a header with a space in it", own(&spaced)));
    for (name, head) in
        [("no header", ""), ("a header that is a list", "[]"), ("a header that is no JSON", "{")]
    {
        made.push(Forgery::new(name, own(&URL_SAFE_NO_PAD.encode(head))));
    }
    made
}
