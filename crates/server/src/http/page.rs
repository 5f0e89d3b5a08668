//! Pages of longer lists: how many entries an answer carries, and how to ask for the rest.

use sliderule_api::Page;

use super::Refusal;

/// Entries that an answer carries unless it is asked for another number.
const USUAL: u32 = 50;

/// Entries that an answer carries at most.
const MOST: u32 = 100;

/// How many entries an answer shall carry.
///
/// # Errors
/// Somebody asked for none, or for too many.
pub fn limit(asked: Option<u32>) -> Result<u32, Refusal> {
    let limit = asked.unwrap_or(USUAL);
    match (1..=MOST).contains(&limit) {
        true => Ok(limit),
        false => Err(Refusal::bad_request(format!("`limit` must be from 1 to {MOST}"))),
    }
}

/// A page of at most `limit` rows, of which one more was read if there is one; `place` says where a row stands in the
/// list.
pub fn of<T>(mut rows: Vec<T>, limit: u32, place: impl FnOnce(&T) -> String) -> Page<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_last = rows.len() <= limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| !is_last).map(place);
    Page { items: rows, next }
}

#[cfg(test)]
mod tests {
    use super::{limit, of};

    #[test]
    fn a_page_says_where_the_next_one_begins_unless_it_is_the_last() {
        let page = |rows: &[u32]| of(rows.to_vec(), 2, ToString::to_string);
        assert_eq!((page(&[]).items, page(&[]).next), (vec![], None));
        assert_eq!((page(&[1, 2]).items, page(&[1, 2]).next), (vec![1, 2], None));
        assert_eq!((page(&[1, 2, 3]).items, page(&[1, 2, 3]).next), (vec![1, 2], Some("2".to_owned())));
    }

    #[test]
    fn a_limit_is_from_one_to_a_hundred() {
        assert_eq!((limit(None).unwrap(), limit(Some(1)).unwrap(), limit(Some(100)).unwrap()), (50, 1, 100));
        assert!(limit(Some(0)).is_err() && limit(Some(101)).is_err());
    }
}
