//! GitHub, with which people may sign in.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::Error;

/// GitHub, with which people may sign in.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GitHubSettings {
    /// GitHub's API. Where it is set, or `client_id` is, people may sign in with a personal access token.
    pub api: Option<String>,
    /// GitHub itself, where browsers go.
    pub web: String,
    /// The id of the OAuth application that was made for this system; with it people may sign in in a browser.
    pub client_id: Option<String>,
    /// The application's secret.
    pub client_secret: Option<SecretString>,
    /// A file that holds the application's secret.
    pub client_secret_file: Option<PathBuf>,
    /// Where GitHub leads browsers back to: the page, as it is written in the application. `https://ps.<domain>/`, if
    /// it is not set.
    pub callback: Option<String>,
    /// Seconds that GitHub may take for an answer.
    pub timeout_seconds: u64,
}

/// The OAuth application that stands for this system at GitHub.
#[derive(Clone, Debug)]
pub struct GitHubApplication {
    /// Its id, which everybody may know.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

impl Default for GitHubSettings {
    fn default() -> Self {
        Self {
            api: None,
            web: "https://github.com".to_owned(),
            client_id: None,
            client_secret: None,
            client_secret_file: None,
            callback: None,
            timeout_seconds: 10,
        }
    }
}

impl PartialEq for GitHubSettings {
    fn eq(&self, other: &Self) -> bool {
        let exposed =
            |settings: &Self| settings.client_secret.as_ref().map(|secret| secret.expose_secret().to_owned());
        self.api == other.api
            && self.web == other.web
            && self.client_id == other.client_id
            && exposed(self) == exposed(other)
            && self.client_secret_file == other.client_secret_file
            && self.callback == other.callback
            && self.timeout_seconds == other.timeout_seconds
    }
}

impl Eq for GitHubSettings {}

impl GitHubSettings {
    /// What is wrong with them.
    pub(super) fn sensible(&self) -> Result<(), &'static str> {
        let Self { api, web, client_id, client_secret, client_secret_file, callback, timeout_seconds } = self;
        let urls = [api.as_deref(), Some(web.as_str()), callback.as_deref()];
        let is_url = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if !urls.into_iter().flatten().all(is_url) {
            return Err("`github` needs `api`, `web` and `callback` to be URLs such as https://github.com");
        }
        if client_secret.is_some() && client_secret_file.is_some() {
            return Err("`github` takes `client_secret` or `client_secret_file`, and not both");
        }
        if client_id.is_some() != (client_secret.is_some() || client_secret_file.is_some()) {
            return Err("`github` needs `client_id` together with `client_secret` or `client_secret_file`");
        }
        if *timeout_seconds == 0 {
            return Err("`github` needs `timeout_seconds` greater than 0");
        }
        Ok(())
    }

    /// Where GitHub's API is, if it may be asked.
    #[must_use]
    pub fn api(&self) -> Option<&str> {
        self.api.as_deref().or(self.client_id.is_some().then_some("https://api.github.com"))
    }

    /// The application, if there is one.
    ///
    /// # Errors
    /// The file of its secret cannot be read, or is empty.
    pub fn application(&self) -> Result<Option<GitHubApplication>, Error> {
        let Some(id) = self.client_id.clone() else { return Ok(None) };
        let secret = match (&self.client_secret, &self.client_secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(path)) => {
                let read = std::fs::read_to_string(path);
                let text =
                    read.map_err(Error::io(format!("read `github.client_secret_file` {}", path.display())))?;
                SecretString::from(text.trim())
            }
            (None, None) => SecretString::default(),
        };
        if secret.expose_secret().is_empty() {
            return Err(Error::Input("the client secret of the GitHub application is empty".to_owned()));
        }
        Ok(Some(GitHubApplication { id, secret }))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::GitHubSettings;

    #[test]
    fn an_application_has_an_id_and_one_secret() {
        for (text, fine) in [
            ("", true),
            ("client_id = \"a\"", false),
            ("client_secret = \"s\"", false),
            ("client_id = \"a\"\nclient_secret = \"s\"", true),
            ("client_id = \"a\"\nclient_secret_file = \"f\"", true),
            ("client_id = \"a\"\nclient_secret = \"s\"\nclient_secret_file = \"f\"", false),
            ("api = \"api.github.com\"", false),
            ("timeout_seconds = 0", false),
        ] {
            let settings: GitHubSettings = toml::from_str(text).unwrap();
            assert_eq!(settings.sensible().is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn a_secret_is_read_from_its_file_and_shown_nowhere() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, "hunter2\n").unwrap();
        let settings = GitHubSettings {
            client_id: Some("a".to_owned()),
            client_secret_file: Some(path),
            ..GitHubSettings::default()
        };
        let application = settings.application().unwrap().unwrap();
        assert_eq!(application.secret.expose_secret(), "hunter2");
        assert!(!format!("{application:?}").contains("hunter2"));
    }
}
