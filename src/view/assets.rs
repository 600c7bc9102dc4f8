//! The files under `static/`, embedded in the binary and addressed by the hash of their content.
//!
//! `/assets/<hash>/app.css` may be cached for ever: another content has another address. Templates and the web server
//! both ask here, so that what is linked is what is served.

use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::fmt::Write as _;

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// One embedded file.
#[derive(Clone, Debug)]
pub struct Asset {
    /// Its content.
    pub bytes: Cow<'static, [u8]>,
    /// Its media type, with the charset for text.
    pub mime: &'static str,
    /// The first 16 hexadecimal digits of the SHA-256 of its content.
    pub hash: String,
}

/// The file of that name (its path under `static/`), if there is one.
#[must_use]
pub fn asset(name: &str) -> Option<Asset> {
    let file = Files::get(name)?;
    let hash = short_hash(&file.metadata.sha256_hash());
    Some(Asset { bytes: file.data, mime: mime(name), hash })
}

/// The address of a file: `/assets/<hash>/<name>`.
///
/// An unknown name becomes `/assets/missing/<name>`, which nothing serves; a test renders every page and fails on it.
#[must_use]
pub fn asset_path(name: &str) -> String {
    let hash = Files::get(name).map_or_else(|| "missing".to_owned(), |file| short_hash(&file.metadata.sha256_hash()));
    format!("/assets/{hash}/{name}")
}

fn short_hash(sha256: &[u8; 32]) -> String {
    sha256.iter().take(8).fold(String::with_capacity(16), |mut text, byte| {
        // writing into a String cannot fail
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn mime(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml; charset=utf-8",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "otf" => "font/otf",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stylesheet_is_served_under_the_address_that_pages_link() {
        let sheet = asset("app.css").unwrap();
        assert_eq!(sheet.mime, "text/css; charset=utf-8");
        assert_eq!(sheet.hash.len(), 16);
        assert_eq!(asset_path("app.css"), format!("/assets/{}/app.css", sheet.hash));
        assert!(sheet.bytes.starts_with(b"/*"));
    }

    #[test]
    fn an_unknown_file_is_neither_found_nor_given_a_hash() {
        assert!(asset("../Cargo.toml").is_none());
        assert!(asset("none.css").is_none());
        assert_eq!(asset_path("none.css"), "/assets/missing/none.css");
    }
}
