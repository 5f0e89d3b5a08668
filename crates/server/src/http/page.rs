//! Pages of lists: `?limit=<1 to 100>&after=<next of the page before>`.

use std::str::FromStr;

use sliderule_api::page::Page;

use super::Refusal;

/// Entries that a page has at most.
pub const MOST: u32 = 100;

/// Entries that a page has where nobody says how many.
pub const USUAL: u32 = 50;

/// Which page is asked for; `C` is what tells where one ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paging<C> {
    limit: u32,
    /// The last entry of the page before; `None` for the first page.
    pub after: Option<C>,
}

impl<C: FromStr> Paging<C> {
    /// What a query asks for.
    ///
    /// # Errors
    /// 400 for a limit out of range, and for an `after` that no page ended with.
    pub fn read(limit: Option<u32>, after: Option<&str>) -> Result<Self, Refusal> {
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(Refusal::bad_request(format!("`limit` must be from 1 to {MOST}")));
        }
        let after = after
            .map(C::from_str)
            .transpose()
            .map_err(|_| Refusal::bad_request("`after` must be what `next` of the page before says"))?;
        Ok(Self { limit, after })
    }
}

impl<C: ToString> Paging<C> {
    /// How many entries to look for: one more than the page has, to know whether there is a next one.
    #[must_use]
    pub fn sought(&self) -> u32 {
        self.limit.saturating_add(1)
    }

    /// The page of what was found; `end` tells where it would end with an entry.
    pub fn page<T>(&self, mut found: Vec<T>, end: impl FnOnce(&T) -> C) -> Page<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let next = found.last().filter(|_| !is_last).map(|last| end(last).to_string());
        Page { items: found, next }
    }
}

#[cfg(test)]
mod tests {
    use super::Paging;

    fn page(limit: u32, found: &[u64]) -> (Vec<u64>, Option<String>) {
        let page = Paging::<u64>::read(Some(limit), None).unwrap().page(found.to_vec(), |number| *number);
        (page.items, page.next)
    }

    #[test]
    fn a_page_says_where_the_next_one_begins_only_if_there_is_one() {
        assert_eq!(page(2, &[9, 8, 7]), (vec![9, 8], Some("8".to_owned())));
        assert_eq!(page(2, &[9, 8]), (vec![9, 8], None));
        assert_eq!(page(2, &[]), (vec![], None));
    }

    #[test]
    fn what_cannot_be_a_page_is_refused() {
        for (limit, after) in [(Some(0), None), (Some(101), None), (None, Some("x")), (None, Some(""))] {
            assert!(Paging::<u64>::read(limit, after).is_err(), "{limit:?} {after:?}");
        }
        assert_eq!(Paging::<u64>::read(None, Some("7")).unwrap(), Paging { limit: 50, after: Some(7) });
    }
}
