//! Streams made from arbitrary bytes, so that a fuzzer, or proptest, that knows nothing of records makes ones worth
//! decoding.
//!
//! | bytes | what they decide |
//! |---|---|
//! | 1 | bits 0 and 1: where the definitions come from; bit 2: the body is all that is left; bit 3: records are small; bit 4: some types are kept whole |
//! | 3 | the sizes of chunks |
//! | … | the definitions, unless they are those of a recorded server: of each type a number of fields, a stride, then five bytes a field |
//! | … | the body: bytes as they are, or steps that each append a record or spoil what is there |
//!
//! Every sequence of bytes makes a stream. Where bytes run out, zeros follow.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::compare::Case;

/// The types that have made definitions; the last two are messages.
const TYPES: [&str; 6] = ["a", "b", "c", "d", "eventrec", "exceptrec"];
/// The types that records have: one more, of which nothing is known.
const RECORDS: [&str; 7] = ["a", "b", "c", "d", "eventrec", "exceptrec", "strange"];
/// The types whose records are kept whole, where some are.
const WHOLE: [&str; 4] = ["a", "c", "eventrec", "atl06rec"];
/// What a field holds, unless it nests a record.
const BASICS: [&str; 14] = [
    "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FLOAT", "DOUBLE", "TIME8",
    "BOOL", "STRING", "BITFIELD",
];
/// How many elements it has: mostly so few that records are long enough.
const ELEMENTS: [i64; 16] = [1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 4, 12, 0, 0, 0, -1];
/// What a field is called: some names mean something in messages, one looks like that of a nested field.
const NAMES: [&str; 16] = [
    "level", "code", "text", "attr", "message", "name", "source", "time", "x", "y", "z", "x.y", "y.x", "u",
    "v", "__w",
];
const FLAGS: [&str; 8] = ["LE", "BE", "LE", "BE", "LE|BATCH", "BE|AUX|X", "LE|PTR", ""];
/// Definitions of real servers.
const RECORDED: [&str; 2] =
    [include_str!("../data/v4.0.2/definitions.json"), include_str!("../data/v4.20.0/definitions.json")];

/// Bytes to be used up.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn next(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    fn take(&mut self, count: usize) -> &'b [u8] {
        let (taken, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        taken
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::from(self.next()) % all.len()]
    }
}

/// The stream that these bytes make.
pub(crate) fn case(bytes: &[u8]) -> Case {
    let mut bytes = Bytes(bytes);
    let settings = bytes.next();
    let cuts = bytes.take(3).iter().map(|size| usize::from(*size)).filter(|size| *size > 0).collect();
    let definitions = match settings % 4 {
        0 | 1 => {
            let define = |(index, name): (usize, &&str)| ((*name).to_owned(), definition(&mut bytes, index));
            TYPES.iter().enumerate().map(define).collect()
        }
        recorded => recorded_definitions(RECORDED[usize::from(recorded) - 2]),
    };
    let limit = if settings & 8 == 0 { 1 << 20 } else { 100 };
    let body = if settings & 4 == 0 { body(&mut bytes) } else { bytes.0.to_vec() };
    let whole = if settings & 16 == 0 { &[][..] } else { &WHOLE };
    Case { definitions, body, whole, cuts, limit }
}

/// Only the chunks and the body, as they are.
pub(crate) fn plain(bytes: &[u8]) -> Case {
    let mut bytes = Bytes(bytes);
    let limit = if bytes.next() & 8 == 0 { 1 << 20 } else { 100 };
    let cuts = bytes.take(3).iter().map(|size| usize::from(*size)).filter(|size| *size > 0).collect();
    Case { body: bytes.0.to_vec(), cuts, limit, ..Case::default() }
}

fn recorded_definitions(json: &str) -> BTreeMap<String, String> {
    let all: Map<String, Value> = serde_json::from_str(json).unwrap();
    all.into_iter().map(|(name, definition)| (name, definition.to_string())).collect()
}

/// A definition of the type of that number.
fn definition(bytes: &mut Bytes<'_>, number: usize) -> String {
    let fields = bytes.next() % 12;
    if fields == 11 {
        return "null".to_owned();
    }
    let mut object = Map::new();
    let stride = match bytes.next() {
        255 => json!(u64::MAX),
        stride => json!(stride % 40),
    };
    object.insert("__datasize".to_owned(), stride);
    if number >= 4 {
        // What a message needs, unless something else has the name.
        for (name, kind, offset, elements) in [
            ("level", "UINT8", 0, 1),
            ("code", "INT16", 8, 1),
            ("text", "STRING", 24, 8),
            ("attr", "STRING", 24, 5),
        ] {
            let field = json!({ "type": kind, "offset": offset, "elements": elements, "flags": "LE" });
            object.insert(name.to_owned(), field);
        }
    }
    for _ in 0..fields {
        let name = bytes.one_of(&NAMES);
        let kind = match usize::from(bytes.next() % 32) {
            // Mostly a type that comes later, and so does not nest this one again; of the messages any.
            kind @ 26..30 if number != 3 => {
                TYPES[if number < 3 { (number + 1 + kind % 3).min(3) } else { kind % 4 }]
            }
            30 => TYPES[number],
            31 => "INVALID",
            basic => BASICS[basic % BASICS.len()],
        };
        let offset = match bytes.next() {
            // In bits; the largest of all ends beyond any address once something is added to it.
            255 => u64::MAX / 8 * 8,
            254 => u64::from(u32::MAX) * 8,
            253 => 3,
            offset => u64::from(offset % 64) * 8,
        };
        let elements = match bytes.next() {
            255 => i64::MAX,
            254 => -1,
            elements => ELEMENTS[usize::from(elements) % ELEMENTS.len()],
        };
        let flags = bytes.one_of(&FLAGS);
        let field = json!({ "type": kind, "offset": offset, "elements": elements, "flags": flags });
        object.insert(name.to_owned(), field);
    }
    Value::Object(object).to_string()
}

/// A body, step by step.
fn body(bytes: &mut Bytes<'_>) -> Vec<u8> {
    let mut body = Vec::new();
    while !bytes.0.is_empty() {
        let step = bytes.next();
        match step % 16 {
            // What came so far becomes what a container holds, of which it says the number or something else.
            12 | 13 => {
                let (count, start) = (bytes.next(), bytes.next());
                let start = if start < 128 { 8 } else { u32::from(start % 32) };
                let padding = vec![0; (start as usize).saturating_sub(8)];
                let data =
                    [&u32::from(count).to_le_bytes()[..], &start.to_le_bytes(), &padding, &body].concat();
                body.clear();
                append(&mut body, b"conrec\0", &data);
            }
            14 => body.extend_from_slice(&[0, 2, 0, 0, 0, 0, 0, 0]),
            15 => match bytes.next() % 4 {
                0 => body.extend_from_slice(bytes.take(4)),
                1 => drop(body.pop()),
                2 => append(&mut body, bytes.take(3), b"what has such a name?"),
                _ => {
                    // A byte anywhere is changed: in a header, if it is a small number.
                    let (at, to) = (usize::from(bytes.next()), bytes.next());
                    if let Some(byte) = body.get_mut(at) {
                        *byte ^= to;
                    }
                }
            },
            _ => {
                let name = [bytes.one_of(&RECORDS).as_bytes(), b"\0"].concat();
                let length = usize::from(bytes.next());
                // The rest are zeros, so that long records need not be long here.
                let mut data = bytes.take(if step < 128 { length } else { length / 8 }).to_vec();
                data.resize(length, 0);
                append(&mut body, &name, &data);
            }
        }
    }
    body
}

fn append(body: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    body.extend_from_slice(&2_u16.to_be_bytes());
    body.extend_from_slice(&(name.len() as u16).to_be_bytes());
    body.extend_from_slice(&(data.len() as u32).to_be_bytes());
    body.extend_from_slice(name);
    body.extend_from_slice(data);
}
