//! Values as bytes.

use crate::{Basic, Values};

/// The values of a column, all of one type: numbers as their bytes, back to back, and text as it is.
#[derive(Debug)]
pub struct Packed {
    basic: Basic,
    /// The bytes of the numbers, and room behind them that was in use before: what is filled again and again is not
    /// made zero each time.
    room: Vec<u8>,
    filled: usize,
    texts: Vec<String>,
}

impl Packed {
    /// No values of that type.
    pub fn new(basic: Basic) -> Packed {
        Packed { basic, room: Vec::new(), filled: 0, texts: Vec::new() }
    }

    /// The type of the values.
    pub fn basic(&self) -> Basic {
        self.basic
    }

    /// The numbers as they are in memory, back to back; of text nothing.
    pub fn bytes(&self) -> &[u8] {
        self.room.get(..self.filled).unwrap_or_default()
    }

    /// The values of a column of text: text up to the first NUL. Bytes that are not UTF-8 became U+FFFD.
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        if self.basic == Basic::Text { self.texts.len() } else { self.filled / self.basic.size() }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes all values out, and keeps the memory.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.texts.clear();
    }

    /// The whole number at `index`, of an integer or time column.
    pub fn integer(&self, index: usize) -> Option<i64> {
        let size = self.basic.size();
        let bytes = self.bytes().get(index * size..(index + 1) * size)?;
        let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        let unused = u64::BITS - 8 * u32::try_from(size).ok()?;
        match self.basic {
            Basic::I8 | Basic::I16 | Basic::I32 | Basic::I64 | Basic::Time => {
                Some((bits << unused).cast_signed() >> unused)
            }
            Basic::U8 | Basic::U16 | Basic::U32 | Basic::U64 => i64::try_from(bits).ok(),
            Basic::F32 | Basic::F64 | Basic::Bits | Basic::Text => None,
        }
    }

    /// The text at `index`, of a text column.
    pub fn text(&self, index: usize) -> Option<&str> {
        self.texts.get(index).map(String::as_str)
    }

    /// The values in the language's own types.
    pub fn unpack(&self) -> Values {
        Values::of(self)
    }

    /// Room for so many more bytes, which count as values from now on.
    pub(crate) fn extend(&mut self, more: usize) -> &mut [u8] {
        let before = self.filled;
        self.filled += more;
        if self.room.len() < self.filled {
            self.room.resize(self.filled, 0);
        }
        self.room.get_mut(before..self.filled).unwrap_or_default()
    }

    /// The texts, to add some.
    pub(crate) fn texts_mut(&mut self) -> &mut Vec<String> {
        &mut self.texts
    }
}

impl Clone for Packed {
    fn clone(&self) -> Packed {
        let (room, texts) = (self.bytes().to_vec(), self.texts.clone());
        Packed { basic: self.basic, room, filled: self.filled, texts }
    }
}

impl PartialEq for Packed {
    fn eq(&self, other: &Packed) -> bool {
        self.unpack() == other.unpack()
    }
}

impl PartialEq<Values> for Packed {
    fn eq(&self, other: &Values) -> bool {
        self.unpack() == *other
    }
}
