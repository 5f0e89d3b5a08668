//! What people may do by themselves, and whom to ask for the rest.

use sliderule_api::organizations::Founders;

use super::section::settings;

settings! {
    /// What people may do by themselves.
    pub struct SignUp {
        /// Whether people make their own accounts.
        #[variable = "SLIDERULE_PS_SIGN_UP_OPEN"]
        open: bool = true,
        /// Where to ask for what one cannot do, shown on the page: `mailto:…` or `https://…`.
        #[variable = "SLIDERULE_PS_SIGN_UP_CONTACT"]
        contact: Option<String> = None,
        /// Who may found organizations: `staff`, or `anyone` with an account.
        #[variable = "SLIDERULE_PS_SIGN_UP_ORGANIZATIONS"]
        organizations: Founders = Founders::Staff,
    }
}

impl SignUp {
    fn sensible(&self) -> Result<(), String> {
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
