//! What was seen lately, in bounded memory.
//!
//! Two generations: what is new or touched is in the young one; when that is full, it becomes the old one, and what was
//! old is forgotten. So a value is kept for at least as many newcomers as a generation holds.

use std::collections::HashMap;
use std::hash::Hash;

/// Values by key, those that were touched last.
#[derive(Debug)]
pub(super) struct Recent<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    generation: usize,
}

impl<K: Copy + Eq + Hash, V: Default> Recent<K, V> {
    /// Keeps between one and two generations of that size.
    pub(super) fn new(generation: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), generation }
    }

    /// Looks without touching.
    pub(super) fn get(&self, key: K) -> Option<&V> {
        self.young.get(&key).or_else(|| self.old.get(&key))
    }

    /// The value, which is made if there is none; it is touched.
    pub(super) fn touch(&mut self, key: K) -> &mut V {
        if !self.young.contains_key(&key) {
            let value = self.old.remove(&key).unwrap_or_default();
            if self.young.len() >= self.generation {
                self.old = std::mem::take(&mut self.young);
            }
            self.young.insert(key, value);
        }
        self.young.entry(key).or_default()
    }

    /// The value, if there is one; it is not touched.
    pub(super) fn get_mut(&mut self, key: K) -> Option<&mut V> {
        self.young.get_mut(&key).or_else(|| self.old.get_mut(&key))
    }

    /// Forgets a value.
    pub(super) fn remove(&mut self, key: K) {
        self.young.remove(&key);
        self.old.remove(&key);
    }

    /// How many values are kept.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_is_touched_stays_and_the_rest_is_forgotten() {
        let mut recent = Recent::<u32, u32>::new(10);
        *recent.touch(0) = 7;
        for key in 1..1000 {
            recent.touch(key);
            assert!(recent.len() <= 20);
            assert_eq!(recent.touch(0), &7);
        }
        assert_eq!(recent.get(1), None);
        assert!(recent.get(995).is_some());
    }

    #[test]
    fn a_value_outlives_a_generation_of_newcomers() {
        let mut recent = Recent::<u32, u32>::new(10);
        for key in 1..9 {
            recent.touch(key);
        }
        *recent.touch(0) = 7;
        for key in 100..110 {
            recent.touch(key);
        }
        assert_eq!(recent.get(0), Some(&7));
    }
}
