//! GitHub, with which people may sign in.

use std::path::PathBuf;

use secrecy::SecretString;

use super::section::settings;
use super::{Secret, secret};
use crate::Error;

settings! {
    /// GitHub, with which people may sign in.
    pub struct GitHubSettings {
        /// GitHub's API. Where it is set, or `github.client_id` is, people may sign in with a personal access token.
        #[variable = "SLIDERULE_PS_GITHUB_API"]
        api: Option<String> = None,
        /// GitHub itself, where browsers go.
        #[variable = "SLIDERULE_PS_GITHUB_WEB"]
        web: String = "https://github.com".to_owned(),
        /// The id of the OAuth application that was made for this system; with it people may sign in in a browser.
        #[variable = "SLIDERULE_PS_GITHUB_CLIENT_ID"]
        client_id: Option<String> = None,
        /// The application's secret. From the environment only.
        #[variable = "SLIDERULE_PS_GITHUB_CLIENT_SECRET"]
        client_secret: Option<Secret> = None,
        /// The file that holds the application's secret.
        #[variable = "SLIDERULE_PS_GITHUB_CLIENT_SECRET_FILE"]
        client_secret_file: Option<PathBuf> = None,
        /// Where GitHub leads browsers back to: the page, as it is written in the application. `https://ps.<domain>/`, if
        /// it is not set.
        #[variable = "SLIDERULE_PS_GITHUB_CALLBACK"]
        callback: Option<String> = None,
        /// Seconds that GitHub may take for an answer.
        #[variable = "SLIDERULE_PS_GITHUB_TIMEOUT_SECONDS"]
        timeout_seconds: u64 = 10,
    }
}

/// The OAuth application that stands for this system at GitHub.
#[derive(Clone, Debug)]
pub struct GitHubApplication {
    /// Its id, which everybody may know.
    pub id: String,
    /// Its secret.
    pub secret: SecretString,
}

impl GitHubSettings {
    fn sensible(&self) -> Result<(), String> {
        let Self { api, web, client_id, client_secret, client_secret_file, callback, timeout_seconds } = self;
        let refuse = |why: &str| Err(why.to_owned());
        let urls = [api.as_deref(), Some(web.as_str()), callback.as_deref()];
        let is_url = |url: &str| url.starts_with("https://") || url.starts_with("http://");
        if !urls.into_iter().flatten().all(is_url) {
            return refuse(
                "`github` needs `api`, `web` and `callback` to be URLs such as https://github.com",
            );
        }
        if client_secret.is_some() && client_secret_file.is_some() {
            return refuse("`github` takes `client_secret` or `client_secret_file`, and not both");
        }
        if client_id.is_some() != (client_secret.is_some() || client_secret_file.is_some()) {
            return refuse(
                "`github` needs `client_id` together with `client_secret` or `client_secret_file`",
            );
        }
        if *timeout_seconds == 0 {
            return refuse("`github` needs `timeout_seconds` greater than 0");
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
        let secret = secret::find(self.client_secret.as_ref(), self.client_secret_file.as_deref())?;
        let id = self.client_id.clone();
        Ok(id.zip(secret).map(|(id, secret)| GitHubApplication { id, secret }))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::GitHubSettings;

    #[test]
    fn an_application_has_an_id_and_one_secret() {
        let (id, secret, file) = (Some("a".to_owned()), Some("s".into()), Some("f".into()));
        let none = GitHubSettings::default;
        for (settings, fine) in [
            (none(), true),
            (GitHubSettings { client_id: id.clone(), ..none() }, false),
            (GitHubSettings { client_secret: secret.clone(), ..none() }, false),
            (GitHubSettings { client_id: id.clone(), client_secret: secret.clone(), ..none() }, true),
            (GitHubSettings { client_id: id.clone(), client_secret_file: file.clone(), ..none() }, true),
            (
                GitHubSettings { client_id: id, client_secret: secret, client_secret_file: file, ..none() },
                false,
            ),
            (GitHubSettings { api: Some("api.github.com".to_owned()), ..none() }, false),
            (GitHubSettings { timeout_seconds: 0, ..none() }, false),
        ] {
            assert_eq!(settings.sensible().is_ok(), fine, "{settings:?}");
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
