//! Values to write, and the bytes they become.

use crate::definition::Basic;

/// A value to write. Any number fits any numeric field that can hold it without loss, except that a
/// floating-point field takes every number, rounded to its precision.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'a> {
    /// A whole number.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// Text for a STRING field.
    Text(&'a str),
}

macro_rules! integers {
    ($($type:ty)*) => {$(
        impl From<$type> for Scalar<'_> {
            fn from(value: $type) -> Self {
                Scalar::Integer(i128::from(value))
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

impl From<f32> for Scalar<'_> {
    fn from(value: f32) -> Self {
        Scalar::Float(f64::from(value))
    }
}

impl From<f64> for Scalar<'_> {
    fn from(value: f64) -> Self {
        Scalar::Float(value)
    }
}

impl<'a> From<&'a str> for Scalar<'a> {
    fn from(value: &'a str) -> Self {
        Scalar::Text(value)
    }
}

/// The little-endian bytes of a value as a field of that type, and how many of them count.
pub(super) fn little_endian(basic: Basic, value: Scalar<'_>) -> Option<([u8; 8], usize)> {
    let wide = match (basic, value) {
        (Basic::F64, Scalar::Float(value)) => value.to_le_bytes(),
        (Basic::F64, Scalar::Integer(value)) => rounded(value).to_le_bytes(),
        (Basic::F32, Scalar::Float(value)) => single(value),
        (Basic::F32, Scalar::Integer(value)) => single(rounded(value)),
        (_, Scalar::Integer(value)) => {
            let range = match basic {
                Basic::I8 => i128::from(i8::MIN)..=i128::from(i8::MAX),
                Basic::I16 => i128::from(i16::MIN)..=i128::from(i16::MAX),
                Basic::I32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
                Basic::I64 | Basic::Time => i128::from(i64::MIN)..=i128::from(i64::MAX),
                Basic::U8 => 0..=i128::from(u8::MAX),
                Basic::U16 => 0..=i128::from(u16::MAX),
                Basic::U32 => 0..=i128::from(u32::MAX),
                Basic::U64 => 0..=i128::from(u64::MAX),
                Basic::F32 | Basic::F64 | Basic::Text | Basic::Bits => return None,
            };
            range.contains(&value).then_some(())?;
            *value.to_le_bytes().first_chunk()?
        }
        _ => return None,
    };
    Some((wide, basic.size()))
}

/// The nearest double.
#[allow(clippy::cast_precision_loss, reason = "documented at `Scalar`: floating-point fields round")]
fn rounded(value: i128) -> f64 {
    value as f64
}

/// The bytes of the nearest single-precision number, padded.
#[allow(clippy::cast_possible_truncation, reason = "documented at `Scalar`: floating-point fields round")]
fn single(value: f64) -> [u8; 8] {
    let [a, b, c, d] = (value as f32).to_le_bytes();
    [a, b, c, d, 0, 0, 0, 0]
}
