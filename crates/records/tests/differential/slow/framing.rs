//! Where records begin and end, with all the bytes at hand.

use super::{Fault, Kind};

/// A record with a type name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    pub(crate) record_type: &'a str,
    pub(crate) data: &'a [u8],
    pub(crate) offset: u64,
}

/// Visits each record of `bytes`, the first of which is byte `first` of the stream. The first fault ends it.
pub(crate) fn each_record<'a>(
    bytes: &'a [u8],
    first: u64,
    limit: usize,
    visit: &mut dyn FnMut(&Record<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let offset = first + at as u64;
        let fault = |kind| Err(Fault { offset, kind });
        let truncated = Kind::Truncated(rest.len() as u64);
        if rest.len() < 8 {
            return fault(truncated);
        }
        if rest[..2] != [0, 2] {
            return fault(Kind::Version);
        }
        let name_size = usize::from(u16::from_be_bytes([rest[2], rest[3]]));
        let data_size = u32::from_be_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        let size = 8 + name_size + data_size;
        if size > limit {
            return fault(Kind::Unfit);
        }
        if name_size == 0 && data_size > 0 {
            return fault(Kind::TypeName);
        }
        if size > rest.len() {
            return fault(truncated);
        }
        at += size;
        if size == 8 {
            continue; // the empty record says nothing
        }
        let (name, data) = rest[8..size].split_at(name_size);
        let Some((0, name)) = name.split_last() else { return fault(Kind::TypeName) };
        if name.is_empty() || !name.iter().all(|byte| (b'!'..=b'~').contains(byte)) {
            return fault(Kind::TypeName);
        }
        let record_type = std::str::from_utf8(name).unwrap();
        visit(&Record { record_type, data, offset })?;
    }
    Ok(())
}
