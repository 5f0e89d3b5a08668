//! A secret among the settings.
//!
//! Always holds: it is never shown, not in `Debug` and not in a refusal, and it never stands in the configuration's
//! file, which is read by more eyes than it should be. It comes from a file of its own or from the environment.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};

use super::setting::{Given, Setting};
use crate::Error;

/// A secret that was set in the environment.
#[derive(Clone, Debug)]
pub struct Secret(SecretString);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl PartialEq for Secret {
    /// For comparing configurations, which nobody's request can bring about.
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for Secret {}

impl Setting for Secret {
    fn read(given: Given<'_>) -> Result<Self, String> {
        match given {
            Given::Text(text) => Ok(text.into()),
            Given::File(_) => {
                Err("a secret does not belong into this file; write it into a file of its own and \
                                   name that one, with `_file` at the end of this key, or set the variable"
                    .to_owned())
            }
        }
    }

    fn written(&self) -> Option<String> {
        None
    }
}

/// The secret that was set, or that the file holds; white space around it does not count.
///
/// # Errors
/// The file cannot be read, or is empty.
pub fn find(set: Option<&Secret>, file: Option<&Path>) -> Result<Option<SecretString>, Error> {
    if let Some(Secret(secret)) = set {
        return Ok(Some(secret.clone()));
    }
    let Some(path) = file else { return Ok(None) };
    let text = SecretString::from(
        std::fs::read_to_string(path).map_err(Error::io(format!("read the secret in {}", path.display())))?,
    );
    match text.expose_secret().trim() {
        "" => Err(Error::Input(format!("{} is empty; write the secret into it", path.display()))),
        secret => Ok(Some(secret.into())),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::{Given, Secret, Setting, find};

    #[test]
    fn a_secret_is_taken_from_the_environment_or_a_file_of_its_own_and_never_shown() {
        let secret = Secret::read(Given::Text("hunter2")).unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(secret.written(), None);
        assert_eq!(find(Some(&secret), None).unwrap().unwrap().expose_secret(), "hunter2");

        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(find(None, Some(file.path())).unwrap_err().to_string().contains("is empty"));
        std::fs::write(file.path(), " hunter3\r\n").unwrap();
        assert_eq!(find(None, Some(file.path())).unwrap().unwrap().expose_secret(), "hunter3");
        assert!(find(None, None).unwrap().is_none());
    }

    #[test]
    fn in_the_configuration_s_file_it_is_refused() {
        let refused = Secret::read(Given::File(&"hunter2".into())).unwrap_err();
        assert!(refused.contains("_file") && !refused.contains("hunter2"), "{refused}");
    }
}
