//! Forgeries in the form: the genuine token bent, and signatures that are almost one.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

use super::Forgery;
use super::genuine::{Model, signed};

/// The order of the curve's group, the least byte first (RFC 8032).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

pub(super) fn forgeries(model: &Model) -> Vec<Forgery> {
    [bent(model), almost_signed(model)].into_iter().flatten().collect()
}

fn bent(model: &Model) -> Vec<Forgery> {
    let token = model.token();
    let [header, claims, signature] = &model.parts;
    let padded = |part: &str| URL_SAFE.encode(URL_SAFE_NO_PAD.decode(part).unwrap());
    // Where nothing in it tells the two alphabets apart, the padding does.
    let standard = |part: &str| STANDARD.encode(URL_SAFE_NO_PAD.decode(part).unwrap());
    let flattened = json!({ "protected": header, "payload": claims, "signature": signature });
    let forms: Vec<(&str, String)> = vec![
        ("a letter", "e".to_owned()),
        ("dots", "..".to_owned()),
        ("many dots", ".".repeat(500)),
        ("a dot before", format!(".{token}")),
        ("a dot behind", format!("{token}.")),
        ("a fourth part", format!("{token}.{signature}")),
        ("no signature", format!("{header}.{claims}")),
        ("an empty signature", format!("{header}.{claims}.")),
        ("the header alone", header.clone()),
        ("the signature first", format!("{signature}.{header}.{claims}")),
        ("padding behind", format!("{token}==")),
        ("padding in every part", [header, claims, signature].map(|part| padded(part)).join(".")),
        ("the other base64", [header, claims, signature].map(|part| standard(part)).join(".") + "="),
        ("base64 of it all", URL_SAFE_NO_PAD.encode(&token)),
        ("escapes of an address", token.replace('.', "%2E")),
        ("wide dots", token.replace('.', "。")),
        ("a wide letter", token.replacen('e', "ｅ", 1)),
        ("a letter without width", token.replacen('.', "\u{200b}.", 1)),
        ("a mark of byte order", format!("\u{feff}{token}")),
        ("a line break behind", format!("{token}\n")),
        ("a line break inside", token.replacen('.', ".\r\n", 1)),
        ("a space inside", token.replacen('.', ". ", 1)),
        ("a tab behind", format!("{token}\t.")),
        ("a zero behind", format!("{token}\0")),
        ("the scheme twice", format!("Bearer {token}")),
        ("quotes", format!("\"{token}\"")),
        ("two tokens", format!("{token},{token}")),
        ("two tokens and a space", format!("{token} {token}")),
        ("other capitals", token.replacen("eyJ", "EyJ", 1)),
        ("its JSON form", flattened.to_string()),
        ("4097 bytes", format!("{token}{}", "A".repeat(4097 - token.len()))),
        ("as many bytes as a body may have", "A".repeat(60_000)),
        ("as many parts as bytes", "A.".repeat(2_000)),
    ];
    forms.into_iter().map(|(name, form)| Forgery::new(format!("form: {name}"), form)).collect()
}

fn almost_signed(model: &Model) -> Vec<Forgery> {
    let signature = URL_SAFE_NO_PAD.decode(&model.parts[2]).unwrap();
    let (r, s) = signature.split_at(32);
    let under = |signature: &[u8]| {
        format!("{}.{}.{}", model.parts[0], model.parts[1], URL_SAFE_NO_PAD.encode(signature))
    };
    let mut flipped = signature.clone();
    flipped[0] ^= 1;
    let mut negated = signature.clone();
    negated[31] ^= 0x80;
    // The neutral element of the curve is of order one: with it and nothing, a sloppy check is content.
    let neutral = [[1].as_slice(), &[0; 63]].concat();
    let signatures: Vec<(&str, Vec<u8>)> = vec![
        ("S + L", [r, &plus_order(s)].concat()),
        ("a flipped bit", flipped),
        ("the other half of the curve", negated),
        ("all zeros", vec![0; 64]),
        ("all ones", vec![0xff; 64]),
        ("a point of small order", neutral),
        ("the halves swapped", [s, r].concat()),
        ("S of zero", [r, &[0; 32]].concat()),
        ("a byte less", signature[..63].to_vec()),
        ("a byte more", [signature.as_slice(), &[0]].concat()),
        ("half of it", r.to_vec()),
        ("twice itself", [signature.as_slice(), &signature].concat()),
    ];
    let mut made: Vec<_> = signatures
        .into_iter()
        .map(|(name, signature)| Forgery::new(format!("signature: {name}"), under(&signature)))
        .collect();
    // The last letter carries two bits; another letter with the same two reads the same to a sloppy decoder.
    let mut letters = model.parts[2].clone().into_bytes();
    let last = letters.last_mut().unwrap();
    *last = match *last {
        b'A' => b'B',
        b'Q' => b'R',
        b'g' => b'h',
        _ => b'x',
    };
    let letters = String::from_utf8(letters).unwrap();
    made.push(Forgery::new(
        "signature: another letter for the same bits",
        format!("{}.{}.{letters}", model.parts[0], model.parts[1]),
    ));
    let zero = ed25519_dalek::SigningKey::from_bytes(&[0; 32]);
    made.push(Forgery::new(
        "signature: of a key of zeros",
        signed(&model.parts[0], model.claims.to_string(), &zero),
    ));
    made
}

fn plus_order(scalar: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let sum = scalar.iter().zip(ORDER).map(|(byte, more)| {
        let sum = u16::from(*byte) + u16::from(more) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    sum.collect()
}
