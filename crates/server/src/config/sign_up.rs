//! What people may do by themselves, and whom to ask for the rest.

use serde::Deserialize;
use sliderule_api::organizations::Founders;

/// What people may do by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignUp {
    /// Whether people make their own accounts.
    pub open: bool,
    /// Where to ask for what one cannot do, shown on the page: `mailto:…` or `https://…`.
    pub contact: Option<String>,
    /// Who may found organizations: `staff`, or `anyone` with an account.
    pub organizations: Founders,
}

impl Default for SignUp {
    fn default() -> Self {
        Self { open: true, contact: None, organizations: Founders::Staff }
    }
}

impl SignUp {
    /// Checks what no type can.
    ///
    /// # Errors
    /// The contact is something else than a link that a page may show.
    pub(super) fn sensible(&self) -> Result<(), String> {
        let link = |contact: &String| {
            let rest = contact.strip_prefix("mailto:").or_else(|| contact.strip_prefix("https://"));
            rest.is_some_and(|rest| {
                !rest.is_empty() && !rest.contains(|c: char| c.is_whitespace() || c.is_control())
            })
        };
        match self.contact.as_ref().is_none_or(link) {
            true => Ok(()),
            false => Err("`sign_up.contact` must be a link that begins with mailto: or https://".to_owned()),
        }
    }
}
