//! The web page: files built from `www/`, inside this program or from a folder.
//!
//! Always holds: only files of the page are served, whatever the path says; scripts come from here and
//! nowhere else.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use axum::response::{IntoResponse, Response};
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, StatusCode};
use rust_embed::RustEmbed;

/// The page as it was when this program was built.
#[derive(RustEmbed)]
#[folder = "../../www/dist"]
#[allow_missing = true]
struct BuiltIn;

/// What the page may do: run its own scripts and WebAssembly, style what the charts draw, and talk to where it
/// came from. It holds tokens, so that there is nowhere else to send them.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const NOT_BUILT: &str = "This is sliderule-ps. Its API is below /api/, its clusters are below /clusters/.\n\
    The web page is not part of this build: run `cargo xtask build`, or start with --www and the folder of a built page.\n";

/// The web page.
#[derive(Debug)]
pub struct Page {
    folder: Option<PathBuf>,
}

impl Page {
    /// The page in `folder`, or the one built in.
    #[must_use]
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// Answers for a path.
    #[must_use]
    pub async fn answer(&self, method: &Method, path: &str) -> Response {
        if method != Method::GET && method != Method::HEAD {
            return (StatusCode::METHOD_NOT_ALLOWED, [(ALLOW, "GET, HEAD")], "only GET and HEAD\n")
                .into_response();
        }
        let name = path.trim_start_matches('/');
        let name = if name.is_empty() { "index.html" } else { name };
        let headers = |kind| {
            [
                (CONTENT_TYPE, kind),
                (CONTENT_SECURITY_POLICY, POLICY),
                (X_CONTENT_TYPE_OPTIONS, "nosniff"),
                (REFERRER_POLICY, "no-referrer"),
                (CACHE_CONTROL, "no-cache"),
            ]
        };
        let plain = "text/plain; charset=utf-8";
        match self.file(name).await {
            Some(bytes) => (headers(kind(name)), bytes.into_owned()).into_response(),
            None if name == "index.html" => (headers(plain), NOT_BUILT).into_response(),
            None => (StatusCode::NOT_FOUND, headers(plain), "there is no such file\n").into_response(),
        }
    }

    async fn file(&self, name: &str) -> Option<Cow<'static, [u8]>> {
        let Some(folder) = &self.folder else { return BuiltIn::get(name).map(|file| file.data) };
        let inside = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside {
            return None;
        }
        // A link out of the folder is not a file of the page either.
        let path = tokio::fs::canonicalize(folder.join(name)).await.ok()?;
        if !path.starts_with(tokio::fs::canonicalize(folder).await.ok()?) {
            return None;
        }
        // A folder cannot be read, but a pipe would be waited for.
        if !tokio::fs::metadata(&path).await.ok()?.is_file() {
            return None;
        }
        tokio::fs::read(path).await.ok().map(Cow::Owned)
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("json" | "map") => "application/json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use http::{Method, StatusCode};

    use super::Page;

    #[tokio::test]
    async fn only_files_of_the_page_are_served() {
        let dir = tempfile::tempdir().unwrap();
        let page_folder = dir.path().join("page");
        std::fs::create_dir(&page_folder).unwrap();
        std::fs::write(page_folder.join("index.html"), "<p>").unwrap();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink(dir.path().join("secret"), page_folder.join("link")).unwrap();
        let page = Page::new(Some(page_folder));
        let status = async |path: &str| page.answer(&Method::GET, path).await.status();
        assert_eq!(status("/").await, StatusCode::OK);
        for path in ["/../secret", "/link", "/%2e%2e/secret", "//etc/passwd", "/."] {
            assert_eq!(status(path).await, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(page.answer(&Method::POST, "/").await.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
