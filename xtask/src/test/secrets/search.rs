//! Secrets in a line of text. Also compiled into the suites of the server, which search their own log.

/// The secrets that tests use.
pub(crate) struct Secrets(Vec<(String, bool)>);

impl Secrets {
    /// Reads their list, one a line.
    pub(crate) fn read(list: &str) -> Self {
        let lines = list.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self(
            lines
                .map(|line| {
                    line.strip_suffix('*').map_or((line.to_owned(), false), |begin| (begin.to_owned(), true))
                })
                .collect(),
        )
    }

    /// Which of them is in a line.
    pub(crate) fn find(&self, line: &str) -> Option<&str> {
        let goes_on =
            |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "-_".contains(next));
        let is_in = |(secret, more): &&(String, bool)| {
            let mut found = line.match_indices(secret.as_str());
            found.any(|(place, _)| !more || line.get(place + secret.len()..).is_some_and(goes_on))
        };
        self.0.iter().find(is_in).map(|(secret, _)| secret.as_str())
    }
}
