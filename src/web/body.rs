//! The fields of a posted form, whichever way the browser sends them: URL-encoded, or as parts if it brings a file.
//!
//! A file is a field like any other: its text is its value, its name is not looked at.

use crate::language::say;
use crate::web::WebError;
use actix_multipart::Multipart;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::web::Bytes;
use futures_util::{TryStreamExt as _, stream};
use url::form_urlencoded;

/// The most parts of a form; the largest agreement has about a thousand fields.
const PARTS_MAX: usize = 5_000;

/// Name and value of each field, in the order of the form.
pub async fn fields(headers: &HeaderMap, body: Bytes) -> Result<Vec<(String, String)>, WebError> {
    let is_multipart = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/form-data"));
    if is_multipart { parts(headers, body).await } else { Ok(form_urlencoded::parse(&body).into_owned().collect()) }
}

async fn parts(headers: &HeaderMap, body: Bytes) -> Result<Vec<(String, String)>, WebError> {
    let mut parts = Multipart::new(headers, stream::iter([Ok::<_, PayloadError>(body)]));
    let mut fields = Vec::new();
    while let Some(part) = parts.try_next().await.map_err(|error| unreadable(&error.to_string()))? {
        if fields.len() == PARTS_MAX {
            return Err(unreadable(&say!("it has more than {most} fields", PARTS_MAX)));
        }
        let Some(name) = part.name().map(ToOwned::to_owned) else {
            return Err(unreadable(&say!("one of its fields has no name")));
        };
        let pieces: Vec<Bytes> = part.try_collect().await.map_err(|error| unreadable(&error.to_string()))?;
        let value = String::from_utf8(pieces.concat())
            .map_err(|_not_text| unreadable(&say!("the field “{name}” is no text in UTF-8", name)))?;
        fields.push((name, value));
    }
    Ok(fields)
}

fn unreadable(why: &str) -> WebError {
    WebError::Refused {
        status: StatusCode::BAD_REQUEST,
        title: say!("This form cannot be read"),
        message: say!(
            "Nines cannot read what was sent: {why}. Please go back, look at the files, and send it again.",
            why
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    async fn read(kind: &'static str, body: &'static [u8]) -> Result<Vec<(String, String)>, WebError> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        fields(&headers, Bytes::from_static(body)).await
    }

    const PARTS: &str = "multipart/form-data; boundary=x";

    fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[actix_web::test]
    async fn both_ways_give_the_same_fields() {
        let encoded = read("application/x-www-form-urlencoded", b"a=1+%26&b=%E5%8F%AF&a=2").await.unwrap();
        assert_eq!(encoded, pairs(&[("a", "1 &"), ("b", "可"), ("a", "2")]));
        let body = "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1 &\r\n\
            --x\r\nContent-Disposition: form-data; name=\"b\"; filename=\"../b.ics\"\r\nContent-Type: text/calendar\r\n\r\n可\r\n\
            --x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n2\r\n--x--\r\n";
        assert_eq!(read(PARTS, body.as_bytes()).await.unwrap(), encoded);
    }

    #[actix_web::test]
    async fn what_is_broken_is_refused_with_the_reason() {
        for (body, why) in [
            (&b"--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\n\xff\xfe\r\n--x--\r\n"[..], "“f” is no text"),
            (b"--x\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nhalf", "cannot read"),
            (b"nothing of the kind", "cannot read"),
        ] {
            let error = read(PARTS, body).await.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(read("multipart/form-data", b"no boundary").await.is_err());
    }
}
