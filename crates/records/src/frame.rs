//! Framing: where one record ends and the next begins.
//!
//! A stream is nothing but records back to back. Each has a header of eight bytes, *big-endian*
//! whatever the byte order of the data: format version (u16, always 2), length of the type name
//! including its NUL (u16), length of the data (u32). Then come the type name and the data, without padding.
//!
//! HTTP chunks mean nothing here: a record, and its header too, may be cut anywhere. A record that lies
//! within one chunk is lent out of that chunk; only what straddles chunks is copied, once, so the
//! work is linear in the bytes whatever the cuts.

use crate::error::{Error, Fault};
use crate::json;

/// The only version of the format.
pub(crate) const VERSION: u16 = 2;

/// Bytes of a header.
const HEADER: usize = 8;

/// The largest record accepted unless told otherwise: twice the largest that servers send.
pub const DEFAULT_LIMIT: usize = 64 << 20;

/// One record, lent out of the chunk it came in or out of the parser's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The record's type, for example `atl06rec`.
    pub record_type: &'a str,
    /// The record's data.
    pub data: &'a [u8],
    /// The byte of the stream at which the record's header begins.
    pub offset: u64,
}

impl Frame<'_> {
    /// The byte of the stream at which the record's data begins.
    pub fn data_offset(&self) -> u64 {
        self.offset + wide(HEADER + self.record_type.len() + 1)
    }
}

/// Cuts a stream into records as its bytes arrive.
///
/// ```
/// use sliderule_records::{Frames, encode};
///
/// let stream = [encode::frame("first", b"abc")?, encode::frame("second", b"")?].concat();
/// let (one, two) = stream.split_at(20);
///
/// let mut frames = Frames::new();
/// let mut types = Vec::new();
/// for mut chunk in [one, two] {
///     while let Some(frame) = frames.pull(&mut chunk)? {
///         types.push(frame.record_type.to_owned());
///     }
/// }
/// frames.finish()?;
/// assert_eq!(types, ["first", "second"]);
/// # Ok::<(), sliderule_records::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Frames {
    /// The beginning of a record whose end has not arrived, or the record lent out last.
    carried: Vec<u8>,
    /// `carried` holds a record that was lent out and is over.
    lent: bool,
    /// The stream offset of the next record, that is of `carried` unless it was lent out.
    offset: u64,
    /// The largest record accepted, in bytes, header included.
    limit: usize,
    failure: Option<Error>,
}

impl Default for Frames {
    fn default() -> Self {
        Frames::new()
    }
}

impl Frames {
    /// A parser at the start of a stream, with [`DEFAULT_LIMIT`].
    pub fn new() -> Frames {
        Frames::with_limit(DEFAULT_LIMIT)
    }

    /// A parser that refuses records of more than `limit` bytes, header included.
    pub fn with_limit(limit: usize) -> Frames {
        Frames { carried: Vec::new(), lent: false, offset: 0, limit, failure: None }
    }

    /// A parser whose first byte is byte `offset` of a larger stream.
    pub(crate) fn at(offset: u64, limit: usize) -> Frames {
        Frames { offset, ..Frames::with_limit(limit) }
    }

    /// Takes the next record off the front of `chunk`.
    ///
    /// `None` means that the chunk is used up; a beginning of a record was kept, and the next chunk
    /// continues it. So every chunk is pulled from until `None`. After an error every further call
    /// returns the same error.
    pub fn pull<'a, 'c: 'a>(&'a mut self, chunk: &mut &'c [u8]) -> Result<Option<Frame<'a>>, Error> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        if self.lent {
            self.carried.clear();
            self.lent = false;
        }
        let found = self.advance(chunk).inspect_err(|error| self.failure = Some(error.clone()))?;
        let Some((name, size)) = found else { return Ok(None) };
        let bytes = if self.lent {
            &self.carried
        } else {
            let (record, rest) = chunk.split_at(size);
            *chunk = rest;
            record
        };
        let offset = self.offset;
        self.offset += wide(size);
        let record_type = bytes.get(HEADER..HEADER + name).and_then(json::utf8);
        let data = bytes.get(HEADER + name + 1..size).unwrap_or_default();
        Ok(record_type.map(|record_type| Frame { record_type, data, offset }))
    }

    /// Ends the stream: an error if it ended inside a record, or failed before.
    pub fn finish(&self) -> Result<(), Error> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None if self.lent || self.carried.is_empty() => Ok(()),
            None => Err(Fault::Truncated { offset: self.offset, received: wide(self.carried.len()) }.into()),
        }
    }

    /// Has the next record whole, at the front of the chunk or in what is carried, which is then lent; the length of its
    /// type name without NUL and its own. Empty records are skipped.
    fn advance(&mut self, chunk: &mut &[u8]) -> Result<Option<(usize, usize)>, Error> {
        loop {
            let carrying = !self.carried.is_empty();
            if carrying {
                // First the header, then what it says: at most one record is ever carried.
                self.carry(chunk, HEADER.saturating_sub(self.carried.len()));
                if let Some((_, size)) = self.measure(&self.carried)? {
                    self.carry(chunk, size.saturating_sub(self.carried.len()));
                }
            }
            let bytes = if carrying { &self.carried } else { *chunk };
            let Some((name, size)) = self.measure(bytes)?.filter(|(_, size)| *size <= bytes.len()) else {
                self.carry(chunk, chunk.len());
                return Ok(None);
            };
            if size > HEADER {
                let text = bytes.get(HEADER..HEADER + name).unwrap_or_default();
                let terminated = bytes.get(HEADER + name) == Some(&0);
                if text.is_empty() || !terminated || !text.iter().all(u8::is_ascii_graphic) {
                    return Err(Fault::TypeName { offset: self.offset }.into());
                }
                self.lent = carrying;
                return Ok(Some((name, size)));
            }
            self.offset += wide(size);
            if carrying {
                self.carried.clear();
            } else {
                *chunk = chunk.get(size..).unwrap_or_default();
            }
        }
    }

    /// The length of the type name without NUL and of the whole record, once the header is there.
    #[inline(never)]
    fn measure(&self, bytes: &[u8]) -> Result<Option<(usize, usize)>, Error> {
        let Some(&[v0, v1, t0, t1, d0, d1, d2, d3]) = bytes.first_chunk::<HEADER>() else { return Ok(None) };
        let offset = self.offset;
        let found = u16::from_be_bytes([v0, v1]);
        if found != VERSION {
            return Err(Fault::Version { offset, found }.into());
        }
        let type_size = u16::from_be_bytes([t0, t1]);
        let data_size = u32::from_be_bytes([d0, d1, d2, d3]);
        let size = 8 + u64::from(type_size) + u64::from(data_size);
        match usize::try_from(size) {
            Ok(size) if size <= self.limit => {
                if type_size == 0 && data_size > 0 {
                    return Err(Fault::TypeName { offset }.into());
                }
                Ok(Some((usize::from(type_size.saturating_sub(1)), size)))
            }
            _ => Err(Fault::TooLarge { offset, size, limit: wide(self.limit) }.into()),
        }
    }

    /// Moves up to `count` bytes from the chunk to what is carried.
    fn carry(&mut self, chunk: &mut &[u8], count: usize) {
        let (head, rest) = chunk.split_at(count.min(chunk.len()));
        self.carried.extend_from_slice(head);
        *chunk = rest;
    }
}

/// A length as a stream offset. No platform has lengths of more than 64 bits.
pub(crate) fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode;

    /// The records of `chunks`: type, offset, and whether the data was lent out of its chunk.
    fn pull_all(chunks: &[&[u8]]) -> Vec<(String, u64, bool)> {
        let mut frames = Frames::new();
        let mut all = Vec::new();
        for chunk in chunks {
            let within = chunk.as_ptr_range();
            let mut rest = *chunk;
            while let Some(frame) = frames.pull(&mut rest).unwrap() {
                let lent = within.contains(&frame.data.as_ptr());
                all.push((frame.record_type.to_owned(), frame.offset, lent));
            }
        }
        frames.finish().unwrap();
        all
    }

    #[test]
    fn only_what_straddles_chunks_is_copied() {
        let one = encode::frame("one", &[1; 100]).unwrap();
        let stream = [one.clone(), one.clone(), one.clone()].concat();
        let all = pull_all(&[&stream[..150], &stream[150..]]);
        let offsets = [0, one.len() as u64, 2 * one.len() as u64];
        assert_eq!(all.iter().map(|(_, offset, _)| *offset).collect::<Vec<_>>(), offsets);
        assert_eq!(all.iter().map(|(_, _, lent)| *lent).collect::<Vec<_>>(), [true, false, true]);
    }

    #[test]
    fn what_is_carried_is_never_more_than_one_record() {
        let record = encode::frame("one", &[1; 1000]).unwrap();
        let stream = record.repeat(100);
        let mut frames = Frames::new();
        for mut chunk in stream.chunks(300) {
            while frames.pull(&mut chunk).unwrap().is_some() {}
            assert!(frames.carried.len() <= record.len());
        }
        assert!(frames.carried.capacity() < 4 * record.len());
    }

    #[test]
    fn the_offset_counts_from_the_first_byte_of_the_stream() {
        let record = encode::frame("one", b"1234").unwrap();
        let mut frames = Frames::at(1000, DEFAULT_LIMIT);
        let mut chunk = record.as_slice();
        let frame = frames.pull(&mut chunk).unwrap().unwrap();
        assert_eq!((frame.offset, frame.data_offset()), (1000, 1000 + 8 + 4));
        frames.pull(&mut record.get(..5).unwrap()).unwrap();
        let offset = 1000 + record.len() as u64;
        assert_eq!(frames.finish(), Err(Fault::Truncated { offset, received: 5 }.into()));
    }
}
