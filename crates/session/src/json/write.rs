//! Writing.

use sliderule_api::{ErrorCode, OrganizationName, RequestId, UtcTime};

/// What can be written as JSON.
pub(crate) trait Write {
    /// Appends the value.
    fn write(&self, out: &mut String);

    /// The value alone.
    fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

/// Appends an object.
pub(crate) fn object(out: &mut String, fields: &[(&str, &dyn Write)]) {
    let mut before = '{';
    for (key, value) in fields {
        out.push(before);
        before = ',';
        key.write(out);
        out.push(':');
        value.write(out);
    }
    out.push('}');
}

/// Appends an object whose only field says which kind of thing it is; [`super::Part::kind`] reads it.
pub(crate) fn variant(out: &mut String, kind: &str, fields: &[(&str, &dyn Write)]) {
    out.push('{');
    kind.write(out);
    out.push(':');
    object(out, fields);
    out.push('}');
}

impl Write for str {
    fn write(&self, out: &mut String) {
        out.push('"');
        for c in self.chars() {
            match c {
                '"' | '\\' => {
                    out.push('\\');
                    out.push(c);
                }
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\0'..='\x1f' => {
                    out.push_str("\\u00");
                    let digit = |bits: u32| char::from_digit(bits, 16).unwrap_or('0');
                    out.extend([digit(u32::from(c) >> 4), digit(u32::from(c) & 15)]);
                }
                _ => out.push(c),
            }
        }
        out.push('"');
    }
}

impl Write for &str {
    fn write(&self, out: &mut String) {
        (**self).write(out);
    }
}

impl Write for String {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl Write for bool {
    fn write(&self, out: &mut String) {
        out.push_str(if *self { "true" } else { "false" });
    }
}

impl<T: Write> Write for Option<T> {
    fn write(&self, out: &mut String) {
        match self {
            Some(value) => value.write(out),
            None => out.push_str("null"),
        }
    }
}

impl<T: Write> Write for Vec<T> {
    fn write(&self, out: &mut String) {
        out.push('[');
        for (place, value) in self.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            value.write(out);
        }
        out.push(']');
    }
}

macro_rules! whole_numbers {
    ($($type:ty),*) => {$(
        impl Write for $type {
            fn write(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }
        }
    )*};
}
whole_numbers!(i64, u16, u32, u64);

impl Write for ErrorCode {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl<A: Write, B: Write> Write for (A, B) {
    fn write(&self, out: &mut String) {
        out.push('[');
        self.0.write(out);
        out.push(',');
        self.1.write(out);
        out.push(']');
    }
}

impl Write for OrganizationName {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl Write for RequestId {
    fn write(&self, out: &mut String) {
        self.as_str().write(out);
    }
}

impl Write for UtcTime {
    fn write(&self, out: &mut String) {
        self.0.write(out);
    }
}
