//! The types of values.

/// The basic types of the format, by the codes that it gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Basic {
    I8 = 0,
    I16 = 1,
    I32 = 2,
    I64 = 3,
    U8 = 4,
    U16 = 5,
    U32 = 6,
    U64 = 7,
    /// Bits. Offset and elements are in bits, most significant first; no client decodes them.
    Bits = 8,
    F32 = 9,
    F64 = 10,
    /// Nanoseconds since the Unix epoch, without leap seconds.
    Time = 11,
    /// Bytes of text up to the first NUL; `elements` is the length of the buffer.
    Text = 12,
}

impl Basic {
    /// Bytes of one element; of text, of one character.
    pub fn size(self) -> usize {
        match self {
            Basic::I8 | Basic::U8 | Basic::Text | Basic::Bits => 1,
            Basic::I16 | Basic::U16 => 2,
            Basic::I32 | Basic::U32 | Basic::F32 => 4,
            Basic::I64 | Basic::U64 | Basic::F64 | Basic::Time => 8,
        }
    }
}
