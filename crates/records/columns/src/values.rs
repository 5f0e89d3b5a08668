//! Values in the language's own types.

use bytemuck::allocation::pod_collect_to_vec;

use crate::{Basic, Packed};

/// The values of a column, all of one type.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Values {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    U8(Vec<u8>),
    U16(Vec<u16>),
    U32(Vec<u32>),
    U64(Vec<u64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
    /// Nanoseconds since the Unix epoch, without leap seconds.
    Time(Vec<i64>),
    /// Text up to the first NUL. Bytes that are not UTF-8 became U+FFFD.
    Text(Vec<String>),
}

impl Values {
    /// What the column holds.
    pub(crate) fn of(packed: &Packed) -> Values {
        let bytes = packed.bytes();
        match packed.basic() {
            Basic::I8 => Values::I8(pod_collect_to_vec(bytes)),
            Basic::I16 => Values::I16(pod_collect_to_vec(bytes)),
            Basic::I32 => Values::I32(pod_collect_to_vec(bytes)),
            Basic::I64 => Values::I64(pod_collect_to_vec(bytes)),
            Basic::U8 | Basic::Bits => Values::U8(bytes.to_vec()),
            Basic::U16 => Values::U16(pod_collect_to_vec(bytes)),
            Basic::U32 => Values::U32(pod_collect_to_vec(bytes)),
            Basic::U64 => Values::U64(pod_collect_to_vec(bytes)),
            Basic::F32 => Values::F32(pod_collect_to_vec(bytes)),
            Basic::F64 => Values::F64(pod_collect_to_vec(bytes)),
            Basic::Time => Values::Time(pod_collect_to_vec(bytes)),
            Basic::Text => Values::Text(packed.texts().to_vec()),
        }
    }
}

impl From<Values> for Packed {
    fn from(values: Values) -> Packed {
        let (basic, bytes): (_, &[u8]) = match &values {
            Values::I8(values) => (Basic::I8, bytemuck::cast_slice(values)),
            Values::I16(values) => (Basic::I16, bytemuck::cast_slice(values)),
            Values::I32(values) => (Basic::I32, bytemuck::cast_slice(values)),
            Values::I64(values) => (Basic::I64, bytemuck::cast_slice(values)),
            Values::U8(values) => (Basic::U8, values),
            Values::U16(values) => (Basic::U16, bytemuck::cast_slice(values)),
            Values::U32(values) => (Basic::U32, bytemuck::cast_slice(values)),
            Values::U64(values) => (Basic::U64, bytemuck::cast_slice(values)),
            Values::F32(values) => (Basic::F32, bytemuck::cast_slice(values)),
            Values::F64(values) => (Basic::F64, bytemuck::cast_slice(values)),
            Values::Time(values) => (Basic::Time, bytemuck::cast_slice(values)),
            Values::Text(_) => (Basic::Text, &[]),
        };
        let mut packed = Packed::new(basic);
        packed.extend(bytes.len()).copy_from_slice(bytes);
        if let Values::Text(texts) = values {
            *packed.texts_mut() = texts;
        }
        packed
    }
}
