//! A path or an address, from one line of a configuration.

use std::path::PathBuf;

use reqwest::Url;

/// Where something is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// An address of HTTP or HTTPS; it may hold a password.
    Web(Url),
}

impl Location {
    /// Reads an address of HTTP or HTTPS, a `file:` address, or else a path.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::Web(url),
            Ok(url) if url.scheme() == "file" => {
                Self::File(url.to_file_path().unwrap_or_else(|()| text.into()))
            }
            _ => Self::File(text.into()),
        }
    }

    /// Names it in logs and errors, without credentials.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Web(url) => format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_an_address_or_a_path() {
        let file = |path: &str| Location::File(path.into());
        assert_eq!(Location::parse("/srv/list.m3u"), file("/srv/list.m3u"));
        assert_eq!(Location::parse("file:///srv/a%20list.m3u"), file("/srv/a list.m3u"));
        assert_eq!(Location::parse("list.m3u"), file("list.m3u"));
        assert!(matches!(Location::parse("https://example.org/list.m3u"), Location::Web(_)));
    }

    #[test]
    fn a_name_shows_no_password() {
        let location = Location::parse("https://joe:secret@example.org/guide?token=secret");
        assert_eq!(location.name(), "https://example.org");
    }
}
