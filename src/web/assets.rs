//! `/assets/<hash>/<name>`: the embedded files, compressed once, to be kept for ever.

use crate::view;
use crate::web::WebError;
use actix_web::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY};
use actix_web::web::{Bytes, Path};
use actix_web::{HttpRequest, HttpResponse};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Hash of the content to its gzip form; `None` where that would not be smaller. As many entries as files.
type Compressed = Mutex<BTreeMap<String, Option<Bytes>>>;

/// Answers with the file if the hash is that of its content.
pub async fn show(request: HttpRequest, path: Path<(String, String)>) -> Result<HttpResponse, WebError> {
    let (hash, name) = path.into_inner();
    let asset = view::asset(&name).filter(|asset| asset.hash == hash);
    let asset = asset.ok_or(WebError::NotFound("There is no such file"))?;
    let accepts = request.headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CONTENT_TYPE, asset.mime))
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((VARY, "accept-encoding"));
    match compressed(&asset).filter(|_| takes_gzip(accepts)) {
        Some(bytes) => Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(bytes)),
        None => Ok(response.body(asset.bytes.into_owned())),
    }
}

fn takes_gzip(accepts: &str) -> bool {
    accepts.split(',').any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        name.trim().eq_ignore_ascii_case("gzip") && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

fn compressed(asset: &view::Asset) -> Option<Bytes> {
    static ALL: OnceLock<Compressed> = OnceLock::new();
    let mut all = ALL.get_or_init(Compressed::default).lock().unwrap_or_else(PoisonError::into_inner);
    all.entry(asset.hash.clone()).or_insert_with(|| gzip(&asset.bytes).filter(|z| z.len() < asset.bytes.len())).clone()
}

fn gzip(bytes: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        assert!(takes_gzip("gzip, deflate, br") && takes_gzip("br;q=1.0, GZIP;q=0.8"));
        assert!(!takes_gzip("") && !takes_gzip("br") && !takes_gzip("gzip;q=0, br"));
    }
}
