//! The loops that fill a column.

use crate::{Basic, Packed};

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

/// Appends a field's values in some elements. Part of another crate's function, it would be compiled for size as that is.
#[inline(never)]
pub fn gather(values: &mut Packed, runs: &Runs, elements: Elements<'_>) {
    if values.basic() == Basic::Text {
        return texts(values.texts_mut(), runs, elements);
    }
    let size = values.basic().size();
    let run = runs.length.unwrap_or(0) * size;
    let room = values.extend(elements.count * runs.begins.len() * run);
    // The common case: one number per element, and nothing that reaches into the next.
    let one = match runs.begins.as_slice() {
        [begin] if begin + run <= elements.stride => elements.bytes.get(*begin..),
        _ => None,
    };
    match (one, run) {
        (Some(bytes), 1) => spread::<1>(room, bytes, elements.stride),
        (Some(bytes), 2) => spread::<2>(room, bytes, elements.stride),
        (Some(bytes), 4) => spread::<4>(room, bytes, elements.stride),
        (Some(bytes), 8) => spread::<8>(room, bytes, elements.stride),
        _ => copy(room, run, runs, elements),
    }
    if runs.big_endian != cfg!(target_endian = "big") {
        turn(room, size);
    }
}

/// Fills the room with the first `N` bytes of each element, which has as many. Behind those of the last one there may be
/// nothing.
#[inline(never)]
fn spread<const N: usize>(room: &mut [u8], bytes: &[u8], stride: usize) {
    let (slots, _) = room.as_chunks_mut::<N>();
    let Some((last, slots)) = slots.split_last_mut() else { return };
    let value = |bytes: &[u8]| bytes.first_chunk().copied().unwrap_or([0; N]);
    *last = value(bytes.get(slots.len() * stride..).unwrap_or_default());
    // That it is not less is said for the compiler, which then checks no element.
    for (slot, element) in slots.iter_mut().zip(bytes.chunks_exact(stride.max(N))) {
        *slot = value(element);
    }
}

/// Fills the room with runs of so many bytes.
#[inline(never)]
fn copy(room: &mut [u8], run: usize, runs: &Runs, elements: Elements<'_>) {
    // Of elements that are all the same one, the first; the others are copies of it.
    let once = if elements.stride == 0 { runs.begins.len() * run } else { room.len() };
    // An array of nothing but this is one run.
    let whole = runs.begins.len() == 1 && run == elements.stride;
    // Where runs are empty there is no room either.
    let first = room.get_mut(..once).unwrap_or_default();
    let slots = first.chunks_mut(if whole { usize::MAX } else { run.max(1) });
    for (slot, begin) in slots.zip(places(runs, elements)) {
        let bytes = elements.bytes.get(begin..).unwrap_or_default();
        slot.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = *byte);
    }
    let mut done = once;
    while (1..room.len()).contains(&done) {
        let more = done.min(room.len() - done);
        room.copy_within(..more, done);
        done += more;
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
    for begin in places(runs, elements) {
        let text = elements.bytes.get(begin..).unwrap_or_default();
        let text = text.get(..runs.length.unwrap_or(text.len())).unwrap_or_default();
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
        out.push(String::from_utf8_lossy(text).into_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::{Elements, Runs, gather};
    use crate::{Packed, Values};

    fn gathered(values: Values, begins: &[usize], length: usize, big_endian: bool, stride: usize) -> Packed {
        let bytes: Vec<u8> = (0..60).collect();
        let runs = Runs { begins: begins.to_vec(), length: Some(length), big_endian };
        let mut values = Packed::from(values);
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

    #[test]
    fn what_is_gathered_again_into_the_same_memory_is_nothing_of_before() {
        let bytes: Vec<u8> = (0..60).collect();
        let mut values = Packed::from(Values::U8(vec![7; 100]));
        values.clear();
        let runs = Runs { begins: vec![1], length: Some(2), big_endian: false };
        gather(&mut values, &runs, Elements { bytes: &bytes, stride: 20, count: 2 });
        assert_eq!(values, Values::U8(vec![1, 2, 21, 22]));
    }
}
