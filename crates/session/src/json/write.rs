//! Writing.

use std::fmt::Write as _;

use sliderule_api::{ErrorCode, OrganizationName, RequestId, UtcTime};

/// What can be written as JSON.
pub(crate) trait Write {
    /// Appends the value.
    fn write(&self, out: &mut String);
}

/// The text that is a value.
pub(crate) fn write(value: &dyn Write) -> String {
    let mut out = String::new();
    value.write(&mut out);
    out
}

/// An object that is being written.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    before: char,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of a text.
    pub(crate) fn begin(out: &'a mut String) -> Self {
        Self { out, before: '{' }
    }

    /// The next field, which is not the last but for [`Self::end`].
    pub(crate) fn field(&mut self, key: &str, value: &dyn Write) -> &mut Self {
        self.out.push(self.before);
        self.before = ',';
        key.write(self.out);
        self.out.push(':');
        value.write(self.out);
        self
    }

    /// Ends an object that has fields.
    pub(crate) fn end(&mut self) {
        self.out.push('}');
    }
}

/// An object as text.
pub(crate) fn object(fields: &[(&str, &dyn Write)]) -> String {
    let mut out = String::new();
    let mut object = Object::begin(&mut out);
    for (key, value) in fields {
        object.field(key, *value);
    }
    object.end();
    out
}

/// Appends a number in so many hexadecimal digits.
pub(crate) fn hexadecimal(out: &mut String, number: u64, digits: u32) {
    for place in (0..digits).rev() {
        let digit = u32::try_from((number >> (4 * place)) & 15).unwrap_or_default();
        out.push(char::from_digit(digit, 16).unwrap_or('0'));
    }
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
                    out.push_str("\\u");
                    hexadecimal(out, u64::from(c), 4);
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

impl Write for i64 {
    fn write(&self, out: &mut String) {
        // A text takes whatever is written.
        let _ = write!(out, "{self}");
    }
}

impl Write for u64 {
    fn write(&self, out: &mut String) {
        let _ = write!(out, "{self}");
    }
}

impl Write for u32 {
    fn write(&self, out: &mut String) {
        u64::from(*self).write(out);
    }
}

impl Write for u16 {
    fn write(&self, out: &mut String) {
        u64::from(*self).write(out);
    }
}

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
