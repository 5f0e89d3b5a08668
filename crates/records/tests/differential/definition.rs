//! The definition parser against an obvious reading of the same JSON, entry by entry.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sliderule_records::definition::{Basic, Definition, Elements, Field, FieldType};
use sliderule_records::{Definitions, Fault};

/// Compares what the parser makes of a text with what stands in it.
pub(crate) fn check_definition(json: &str) {
    let parsed = Definition::parse("x", json);
    let mut definitions = Definitions::new();
    assert_eq!(definitions.define("x", json), parsed.clone().map(drop));
    assert_eq!(definitions.get("x"), parsed.as_ref().ok());
    let object = match serde_json::from_str(json) {
        Ok(Value::Object(object)) => object,
        Ok(Value::Null) => {
            return assert!(matches!(
                parsed.as_ref().map_err(|error| &**error),
                Err(Fault::UnknownType { .. })
            ));
        }
        // A number in metadata that is too large for a double, or nesting that is deeper than it reads.
        Err(error)
            if error.to_string().contains("out of range") || error.to_string().contains("recursion") =>
        {
            return;
        }
        _ => {
            return assert!(matches!(
                parsed.as_ref().map_err(|error| &**error),
                Err(Fault::Definition { .. })
            ));
        }
    };
    let (metadata, entries): (BTreeMap<_, _>, BTreeMap<_, _>) =
        object.iter().partition(|(name, _)| name.starts_with("__"));
    let stride = metadata.get(&"__datasize".to_owned()).map_or(Some(0), |stride| size(stride));
    let read: Option<BTreeMap<_, _>> =
        entries.iter().map(|(name, entry)| Some((name.as_str(), field(name, entry)?))).collect();
    let (Some(stride), Some(read), true) = (stride, read, object.len() <= 4096) else {
        return assert!(
            matches!(parsed.as_ref().map_err(|error| &**error), Err(Fault::Definition { .. })),
            "{parsed:?}"
        );
    };

    let definition = parsed.expect("nothing is wrong with it");
    assert_eq!((definition.record_type.as_str(), definition.stride as u64), ("x", stride));
    assert_eq!(definition.fields.len(), read.len());
    for field in &definition.fields {
        assert_eq!(Some(field), read.get(field.name.as_str()));
        assert_eq!(definition.field(&field.name), Some(field));
    }
    let order = |field: &Field| (field.offset, field.name.clone());
    assert!(definition.fields.is_sorted_by_key(order), "by offset, then by name");

    // Written down again it is the same.
    let again = Definition::parse("x", &written(&definition)).unwrap();
    assert_eq!(again, definition);
    for missing in definitions.missing_for("x") {
        assert!(missing != "x" && definition.nested().any(|nested| nested == missing));
    }
}

fn field(name: &str, entry: &Value) -> Option<Field> {
    let kind = match entry.get("type")?.as_str()? {
        "INT8" => FieldType::Basic(Basic::I8),
        "INT16" => FieldType::Basic(Basic::I16),
        "INT32" => FieldType::Basic(Basic::I32),
        "INT64" => FieldType::Basic(Basic::I64),
        "UINT8" | "BOOL" => FieldType::Basic(Basic::U8),
        "UINT16" => FieldType::Basic(Basic::U16),
        "UINT32" => FieldType::Basic(Basic::U32),
        "UINT64" => FieldType::Basic(Basic::U64),
        "FLOAT" => FieldType::Basic(Basic::F32),
        "DOUBLE" => FieldType::Basic(Basic::F64),
        "TIME8" => FieldType::Basic(Basic::Time),
        "STRING" => FieldType::Basic(Basic::Text),
        "BITFIELD" => FieldType::Basic(Basic::Bits),
        nested => FieldType::Nested(nested.to_owned()),
    };
    let bits = size(entry.get("offset")?)?;
    if bits % 8 != 0 && kind != FieldType::Basic(Basic::Bits) {
        return None;
    }
    let elements = match entry.get("elements")?.as_i64()? {
        i64::MIN..=0 => Elements::Open,
        1 => Elements::One,
        count => Elements::Fixed(usize::try_from(count).ok()?),
    };
    let text = entry.get("flags").and_then(Value::as_str).unwrap_or("");
    let flags: Vec<&str> = text.split('|').collect();
    Some(Field {
        name: name.to_owned(),
        kind,
        offset: usize::try_from(bits / 8).ok()?,
        elements,
        big_endian: flags.contains(&"BE"),
        pointer: flags.contains(&"PTR"),
        flags: text.to_owned(),
    })
}

/// A size in bytes or bits. None is above what 64 bits with a sign hold: nor is anything in memory.
fn size(value: &Value) -> Option<u64> {
    value.as_i64()?.try_into().ok()
}

fn written(definition: &Definition) -> String {
    let mut object = json!({ "__datasize": definition.stride });
    for field in &definition.fields {
        let kind = match &field.kind {
            FieldType::Nested(name) => name.as_str(),
            FieldType::Basic(basic) => name_of(*basic),
        };
        let elements = match field.elements {
            Elements::One => 1,
            Elements::Fixed(count) => count,
            Elements::Open => 0,
        };
        object[&field.name] = json!({ "type": kind, "offset": field.offset as u64 * 8, "elements": elements, "flags": field.flags });
    }
    object.to_string()
}

fn name_of(basic: Basic) -> &'static str {
    match basic {
        Basic::I8 => "INT8",
        Basic::I16 => "INT16",
        Basic::I32 => "INT32",
        Basic::I64 => "INT64",
        Basic::U8 => "UINT8",
        Basic::U16 => "UINT16",
        Basic::U32 => "UINT32",
        Basic::U64 => "UINT64",
        Basic::F32 => "FLOAT",
        Basic::F64 => "DOUBLE",
        Basic::Time => "TIME8",
        Basic::Text => "STRING",
        Basic::Bits => "BITFIELD",
    }
}
