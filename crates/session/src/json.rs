//! JSON, read from servers, stores and callers, and written to them.
//!
//! What is read is a tree first, and then the few fields that matter here: serde would be at hand, and costs ten times
//! the bytes for each type. Fields that nobody asked for are passed over, so a newer server may say more; a field that is
//! missing or of another kind makes the whole unreadable. No number is ever a fraction here, so no code for
//! floating point is carried along.

mod read;
mod write;

pub(crate) use read::{Json, Read, field, find, kind, parse};
pub(crate) use write::{Write, object, variant};

/// Says which fields a struct is read from: `read_fields! { Order { desired_nodes: "desiredNodes" } }`.
macro_rules! read_fields {
    ($($name:ident { $($field:ident: $key:literal),+ $(,)? })+) => {$(
        impl $crate::json::Read for $name {
            fn read(json: &$crate::json::Json<'_>) -> Option<Self> {
                Some(Self { $($field: $crate::json::field(json, $key)?,)+ })
            }
        }
    )+};
}

/// Says as which fields a struct is written, in this order.
macro_rules! write_fields {
    ($($name:ident { $($field:ident: $key:literal),+ $(,)? })+) => {$(
        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                $crate::json::object(out, &[$(($key, &self.$field),)+]);
            }
        }
    )+};
}

/// Says as which fields a struct is read and written.
macro_rules! fields {
    ($($struct:tt)+) => {
        $crate::json::read_fields! { $($struct)+ }
        $crate::json::write_fields! { $($struct)+ }
    };
}

/// Says which word each value of an enum is, in both directions.
macro_rules! words {
    ($($name:ident { $($variant:ident = $word:literal),+ $(,)? })+) => {$(
        impl $name {
            /// The word for it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                self.word().write(out);
            }
        }
    )+};
}

pub(crate) use {fields, read_fields, words, write_fields};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Json, Write, field, object, parse};

    #[test]
    fn fields_are_found_and_what_is_missing_is_nothing_or_unreadable() {
        let json = parse(r#" {"a": 7, "b": null, "c": ["x", "y"], "more": {"z": 1.5e3}} "#).unwrap();
        assert_eq!(field::<u32>(&json, "a"), Some(7));
        assert_eq!(field::<Option<u32>>(&json, "b"), Some(None));
        assert_eq!(field::<Option<u32>>(&json, "nowhere"), Some(None));
        assert_eq!(field::<Vec<String>>(&json, "c"), Some(vec!["x".into(), "y".into()]));
        assert_eq!(field::<u32>(&json, "nowhere"), None);
        assert_eq!(field::<bool>(&json, "a"), None);
        assert_eq!(field::<Option<u32>>(&json, "c"), None, "of another kind is not nothing");
    }

    #[test]
    fn numbers_that_do_not_fit_are_unreadable() {
        let read = |text: &str| parse(text).and_then(|json| <u32 as super::Read>::read(&json));
        assert_eq!(read("4294967295"), Some(u32::MAX));
        for not in ["4294967296", "-1", "1.5", "1e3", "\"7\"", "07", ""] {
            assert_eq!(read(not), None, "{not}");
        }
    }

    #[test]
    fn what_is_nested_too_deeply_is_not_read() {
        assert!(parse(&"[".repeat(100_000)).is_none());
        assert!(parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_some());
    }

    /// The same tree as `serde_json` sees it.
    fn seen(json: &Json<'_>) -> Value {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number((text, _)) => serde_json::from_str(text).unwrap(),
            Json::String(text) => Value::String(text.to_string()),
            Json::Array(values) => values.iter().map(seen).collect(),
            Json::Object(fields) => {
                Value::Object(fields.iter().map(|(key, value)| (key.to_string(), seen(value))).collect())
            }
        }
    }

    proptest! {
        #[test]
        fn text_is_written_so_that_everybody_reads_it_back(text: String, number: i64, flag: bool) {
            let mut out = String::new();
            object(&mut out, &[("text", &text), ("number", &number), ("flag", &flag), ("none", &None::<u32>)]);
            let expected = serde_json::json!({ "text": text, "number": number, "flag": flag, "none": null });
            prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected.clone());
            prop_assert_eq!(seen(&parse(&out).unwrap()), expected);
        }

        #[test]
        fn whatever_is_read_is_what_serde_json_reads(text in r#"[\[\]{},:"0-9.eE+\-a-u\\ \n]{0,24}"#) {
            let theirs = serde_json::from_str::<Value>(&text);
            if let (Some(ours), Ok(theirs)) = (parse(&text), &theirs) {
                prop_assert_eq!(&seen(&ours), theirs);
            }
        }

        #[test]
        fn nothing_makes_it_panic(text: String) {
            let _ = parse(&text);
        }
    }

    #[test]
    fn lists_are_written_in_their_order() {
        assert_eq!(["a", "b"].map(str::to_owned).to_vec().text(), r#"["a","b"]"#);
    }
}
