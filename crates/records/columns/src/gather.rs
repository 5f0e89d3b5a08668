//! The loops that fill a column.

use std::mem;

use bytemuck::Pod;
use bytemuck::allocation::cast_vec;

use crate::Values;

/// Where the values of one field are in an element.
#[derive(Clone, Debug)]
pub struct Runs {
    /// Where each run of values begins, from the start of the element.
    pub begins: Vec<usize>,
    /// Values in a run, back to back; of text the bytes of one buffer, `None` up to the end of the bytes.
    pub length: Option<usize>,
    /// Most significant byte first.
    pub big_endian: bool,
}

/// Elements that follow each other.
#[derive(Clone, Copy, Debug)]
pub struct Elements<'b> {
    /// The first element begins at the first of these. No value reaches beyond them.
    pub bytes: &'b [u8],
    /// From one element to the next; zero if all are the same one.
    pub stride: usize,
    /// How many.
    pub count: usize,
}

/// Appends a field's values in some elements.
pub fn gather(values: &mut Values, runs: &Runs, elements: Elements<'_>) {
    // Of numbers only the bits are looked at, so there is one loop for each size, not for each type.
    macro_rules! as_bits {
        ($out:ident: $bits:ty) => {{
            let mut bits: Vec<$bits> = cast_vec(mem::take($out));
            numbers(&mut bits, runs, elements);
            *$out = cast_vec(bits);
        }};
    }
    match values {
        Values::I8(out) => as_bits!(out: u8),
        Values::I16(out) => as_bits!(out: u16),
        Values::I32(out) => as_bits!(out: u32),
        Values::I64(out) | Values::Time(out) => as_bits!(out: u64),
        Values::U8(out) => numbers(out, runs, elements),
        Values::U16(out) => numbers(out, runs, elements),
        Values::U32(out) => numbers(out, runs, elements),
        Values::U64(out) => numbers(out, runs, elements),
        Values::F32(out) => as_bits!(out: u32),
        Values::F64(out) => as_bits!(out: u64),
        Values::Text(out) => texts(out, runs, elements),
    }
}

#[inline(never)]
fn numbers<T: Bits<N>, const N: usize>(out: &mut Vec<T>, runs: &Runs, elements: Elements<'_>) {
    let Elements { bytes, stride, count } = elements;
    let before = out.len();
    match (runs.begins.as_slice(), runs.length.unwrap_or(0)) {
        // The common case: one value per element, and nothing that reaches into the next.
        (&[begin], 1) if begin + N <= stride => {
            spread(out, bytes, begin, stride, count);
        }
        // The same bytes on every row.
        (&[begin], 1) if stride == 0 => grow(out, count, value(bytes, begin)),
        (begins, run) => {
            grow(out, count * begins.len() * run, T::zeroed());
            copy(tail(out, before), run * N, runs, elements);
        }
    }
    if runs.big_endian != cfg!(target_endian = "big") {
        turn(tail(out, before), N);
    }
}

/// Appends the value that begins at `begin` in each element. Behind the last one there may be nothing.
fn spread<T: Bits<N>, const N: usize>(
    out: &mut Vec<T>,
    bytes: &[u8],
    begin: usize,
    stride: usize,
    count: usize,
) {
    let bytes = bytes.get(begin..).unwrap_or_default();
    let Some(before) = count.checked_sub(1) else { return };
    out.extend(bytes.chunks_exact(stride).take(before).map(|bytes| value::<T, N>(bytes, 0)));
    out.push(value(bytes, before * stride));
}

/// The value that begins there. It lies within bounds, see [`Elements`]; the default is never read.
#[inline(always)]
fn value<T: Bits<N>, const N: usize>(bytes: &[u8], begin: usize) -> T {
    let bytes = bytes.get(begin..).and_then(<[u8]>::first_chunk);
    T::from_bytes(bytes.copied().unwrap_or([0; N]))
}

#[inline(never)]
fn grow<T: Copy>(out: &mut Vec<T>, count: usize, value: T) {
    out.resize(out.len() + count, value);
}

/// The bytes of the values from number `before` on.
fn tail<T: Pod>(out: &mut [T], before: usize) -> &mut [u8] {
    bytemuck::cast_slice_mut(out.get_mut(before..).unwrap_or_default())
}

/// Copies runs of so many bytes to where there is room for them.
#[inline(never)]
fn copy(room: &mut [u8], run: usize, runs: &Runs, elements: Elements<'_>) {
    // An array of nothing but this is one run.
    let whole = runs.begins.len() == 1 && run == elements.stride;
    // Where runs are empty there is no room either.
    let slots = room.chunks_mut(if whole { usize::MAX } else { run.max(1) });
    for (slot, begin) in slots.zip(places(runs, elements)) {
        let bytes = elements.bytes.get(begin..).unwrap_or_default();
        slot.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
    }
}

/// Turns the bytes of each number around.
#[cold]
fn turn(bytes: &mut [u8], size: usize) {
    bytes.chunks_exact_mut(size).for_each(<[u8]>::reverse);
}

/// Where a field's runs begin.
fn places(runs: &Runs, elements: Elements<'_>) -> impl Iterator<Item = usize> {
    let begins = move |element| runs.begins.iter().map(move |begin| element * elements.stride + begin);
    (0..elements.count).flat_map(begins)
}

#[cold]
fn texts(out: &mut Vec<String>, runs: &Runs, elements: Elements<'_>) {
    out.extend(places(runs, elements).map(|begin| {
        let text = elements.bytes.get(begin..).unwrap_or_default();
        let text = text.get(..runs.length.unwrap_or(text.len())).unwrap_or_default();
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(text).into_owned()
    }));
}

/// The bits of a number of `N` bytes.
trait Bits<const N: usize>: Pod {
    fn from_bytes(bytes: [u8; N]) -> Self;
}

macro_rules! bits {
    ($($type:ty)*) => {$(
        impl Bits<{ size_of::<$type>() }> for $type {
            #[inline(always)]
            fn from_bytes(bytes: [u8; size_of::<$type>()]) -> $type {
                <$type>::from_ne_bytes(bytes)
            }
        }
    )*};
}
bits!(u8 u16 u32 u64);

#[cfg(test)]
mod tests {
    use super::{Elements, Runs, gather};
    use crate::Values;

    fn gathered(
        mut values: Values,
        begins: &[usize],
        length: usize,
        big_endian: bool,
        stride: usize,
    ) -> Values {
        let bytes: Vec<u8> = (0..60).collect();
        let runs = Runs { begins: begins.to_vec(), length: Some(length), big_endian };
        gather(&mut values, &runs, Elements { bytes: &bytes, stride, count: 10 });
        values
    }

    #[test]
    fn one_value_of_each_element_follows_what_was_there() {
        let expected = (0..10).map(|row| u16::from_le_bytes([row * 6 + 3, row * 6 + 4]));
        let expected: Vec<u16> = [7].into_iter().chain(expected).collect();
        assert_eq!(gathered(Values::U16(vec![7]), &[3], 1, false, 6), Values::U16(expected));
    }

    #[test]
    fn runs_are_taken_one_by_one_and_turned_around() {
        let places = (0..10).flat_map(|row: i16| [0, 2, 3, 5].map(|at| row * 5 + at));
        let expected: Vec<i16> = places.map(|at| (at << 8) + at + 1).collect();
        assert_eq!(gathered(Values::I16(Vec::new()), &[0, 3], 2, true, 5), Values::I16(expected));
    }

    #[test]
    fn the_same_value_on_every_row() {
        let expected = f32::from_le_bytes([8, 9, 10, 11]);
        assert_eq!(gathered(Values::F32(Vec::new()), &[8], 1, false, 0), Values::F32(vec![expected; 10]));
    }
}
