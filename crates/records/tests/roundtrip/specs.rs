//! Arbitrary definitions: every type, byte order, nesting and unaligned gap, fields over the same bytes, open-ended at
//! the end.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use sliderule_records::Definitions;

/// A field of a definition under test.
#[derive(Clone, Debug)]
pub(crate) struct Spec {
    pub(crate) kind: Kind,
    /// 1 scalar, more a fixed array, 0 open-ended.
    pub(crate) elements: usize,
    /// Bytes left unused before it: fields are as unaligned as can be.
    pub(crate) gap: usize,
    pub(crate) big_endian: bool,
    /// Another field reads the bytes of its numbers one by one, as real definitions by mistake have it.
    pub(crate) overlapped: bool,
}

impl Spec {
    /// The other field's name and number of bytes, if there is one.
    pub(crate) fn overlap(&self, name: &str) -> Option<(String, usize)> {
        match self.kind {
            Kind::Basic(basic) if self.overlapped && self.elements > 0 => {
                Some((format!("{name}bytes"), size_of_basic(basic) * self.elements))
            }
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    Basic(&'static str),
    /// A slot that clients skip.
    Pointer,
    Text,
    /// Nobody decodes it.
    Bits,
    Nested(Vec<Spec>),
}

const NUMBERS: [&str; 12] = [
    "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "FLOAT", "DOUBLE", "TIME8",
    "BOOL",
];

fn spec(kind: impl Strategy<Value = Kind>, elements: std::ops::Range<usize>) -> impl Strategy<Value = Spec> {
    (kind, elements, 0..4_usize, any::<bool>(), prop::bool::weighted(0.2)).prop_map(
        |(kind, elements, gap, big_endian, overlapped)| Spec { kind, elements, gap, big_endian, overlapped },
    )
}

fn number() -> impl Strategy<Value = Kind> {
    prop::sample::select(&NUMBERS[..]).prop_map(Kind::Basic)
}

/// A field of known length, nesting up to four levels.
fn fixed() -> impl Strategy<Value = Spec> {
    let leaf = prop_oneof![
        6 => spec(number(), 1..2),
        2 => spec(number(), 2..5),
        2 => spec(Just(Kind::Text), 1..12),
        1 => spec(prop_oneof![Just(Kind::Pointer), Just(Kind::Bits)], 1..2),
    ];
    leaf.prop_recursive(4, 16, 3, |inner| {
        let nested = prop::collection::vec(inner, 1..4).prop_map(Kind::Nested);
        prop_oneof![spec(nested.clone(), 1..2), spec(nested, 2..4)]
    })
}

/// A whole record: fields of known length, then perhaps one without.
pub(crate) fn record() -> impl Strategy<Value = Vec<Spec>> {
    // At least one field that is not skipped, so that the rows show how many elements there were.
    let element =
        (prop::collection::vec(fixed(), 0..4), spec(number(), 1..2)).prop_map(|(mut fields, last)| {
            fields.push(last);
            Kind::Nested(fields)
        });
    let open = prop_oneof![element, number(), Just(Kind::Text)];
    (prop::collection::vec(fixed(), 0..5), prop::option::weighted(0.7, spec(open, 0..1))).prop_map(
        |(mut fields, open)| {
            fields.extend(open);
            fields
        },
    )
}

/// Registers the definition of `specs` and of all that they nest; its length in bytes.
pub(crate) fn define(definitions: &mut Definitions, name: &str, letter: char, specs: &[Spec]) -> usize {
    let mut fields = Map::new();
    let mut end = 0;
    for (index, spec) in specs.iter().enumerate() {
        let (type_name, size) = match &spec.kind {
            Kind::Basic(basic) => ((*basic).to_owned(), size_of_basic(basic)),
            Kind::Pointer => ("INT32".to_owned(), 4),
            Kind::Bits => ("BITFIELD".to_owned(), 1),
            Kind::Text => ("STRING".to_owned(), 1),
            Kind::Nested(inner) => {
                let nested = format!("{name}.{index}");
                let size = define(definitions, &nested, if letter == 'f' { 'g' } else { 'f' }, inner);
                (nested, size)
            }
        };
        let byte_order = if spec.big_endian { "BE" } else { "LE" };
        let flags = if matches!(spec.kind, Kind::Pointer) { "|PTR" } else { "|AUX" };
        let offset = end + spec.gap;
        fields.insert(
            format!("{letter}{index}"),
            json!({ "type": type_name, "offset": offset * 8, "elements": spec.elements, "flags": byte_order.to_owned() + flags }),
        );
        if let Some((other, bytes)) = spec.overlap(&format!("{letter}{index}")) {
            let field = json!({ "type": "UINT8", "offset": offset * 8, "elements": bytes, "flags": "LE" });
            fields.insert(other, field);
        }
        end = offset + size * spec.elements;
    }
    fields.insert("__datasize".to_owned(), json!(end));
    definitions.define(name, &Value::Object(fields).to_string()).unwrap();
    end
}

pub(crate) fn size_of_basic(name: &str) -> usize {
    match name {
        "INT8" | "UINT8" | "BOOL" => 1,
        "INT16" | "UINT16" => 2,
        "INT32" | "UINT32" | "FLOAT" => 4,
        _ => 8,
    }
}
