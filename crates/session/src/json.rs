//! JSON, read from servers, stores and callers, and written to them.
//!
//! What is read is a tree first, and then the few fields that matter here: serde would be at hand, and costs ten times
//! the bytes for each type. Fields that nobody asked for are passed over, so a newer server may say more; a field that is
//! missing or of another kind makes the whole unreadable. No number is ever a fraction here, so no code for
//! floating point is carried along.

mod read;
mod write;

pub(crate) use read::{Json, Part, Read, find, parse, read, text};
pub(crate) use write::{Object, Write, hexadecimal, object, write};

/// Says which fields a struct is read from: `read_fields! { Order { desired_nodes: "desiredNodes" } }`.
macro_rules! read_fields {
    ($($name:ident { $($field:ident: $key:literal),+ $(,)? })+) => {$(
        impl $crate::json::Read for $name {
            fn read(part: $crate::json::Part<'_>) -> Self {
                Self { $($field: part.field($key),)+ }
            }
        }
    )+};
}

/// Says as which fields a struct is written, in this order.
macro_rules! write_fields {
    ($($name:ident { $($field:ident: $key:literal),+ $(,)? })+) => {$(
        impl $crate::json::Write for $name {
            fn write(&self, out: &mut String) {
                $crate::json::Object::begin(out)$(.field($key, &self.$field))+.end();
            }
        }
    )+};
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

pub(crate) use {read_fields, words, write_fields};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Json, Part, Read, object, parse, read, write};

    /// The value of a field.
    struct A<T>(T);

    impl<T: Read> Read for A<T> {
        fn read(part: Part<'_>) -> Self {
            Self(part.field("a"))
        }
    }

    fn a<T: Read>(text: &str) -> Option<T> {
        read(text).map(|A(value)| value)
    }

    #[test]
    fn fields_are_found_and_what_is_missing_is_nothing_or_unreadable() {
        assert_eq!(a::<u32>(r#" {"a": 7, "more": {"z": 1.5e3}} "#), Some(7));
        assert_eq!(a::<u32>(r#"{"a": 6, "a": 7}"#), Some(7));
        assert_eq!(a::<Option<u32>>(r#"{"a": null}"#), Some(None));
        assert_eq!(a::<Option<u32>>("{}"), Some(None));
        assert_eq!(a::<Vec<String>>(r#"{"a": ["x", "y"]}"#), Some(vec!["x".into(), "y".into()]));
        assert_eq!(a::<Vec<String>>(r#"{"a": ["x", 1]}"#), None);
        assert_eq!(a::<(u32, String)>(r#"{"a": [1, "x"]}"#), Some((1, "x".into())));
        assert_eq!(a::<(u32, u32)>(r#"{"a": [1, 2, 3]}"#), None);
        assert_eq!(a::<u32>("{}"), None);
        assert_eq!(a::<u32>("7"), None);
        assert_eq!(a::<bool>(r#"{"a": 7}"#), None);
        assert_eq!(a::<Option<u32>>(r#"{"a": ["x"]}"#), None, "of another kind is not nothing");
    }

    #[test]
    fn numbers_that_do_not_fit_are_unreadable() {
        assert_eq!(read::<u32>("4294967295"), Some(u32::MAX));
        for not in ["4294967296", "-1", "1.5", "1e3", "\"7\"", "07", ""] {
            assert_eq!(read::<u32>(not), None, "{not}");
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
            Json::Number(text) => serde_json::from_str(text).unwrap(),
            Json::String(text) => Value::String(text.clone()),
            Json::Array(values) => values.iter().map(seen).collect(),
            Json::Object(fields) => {
                Value::Object(fields.iter().map(|(key, value)| (key.clone(), seen(value))).collect())
            }
        }
    }

    proptest! {
        #[test]
        fn text_is_written_so_that_everybody_reads_it_back(text: String, number: i64, flag: bool) {
            let out = object(&[("text", &text), ("number", &number), ("flag", &flag), ("none", &None::<u32>)]);
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
        assert_eq!(write(&["a", "b"].map(str::to_owned).to_vec()), r#"["a","b"]"#);
    }
}
