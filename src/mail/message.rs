//! One message to one recipient, as the bytes that travel.
//!
//! ```text
//! mixed
//! ├── alternative
//! │   ├── text/plain
//! │   └── related
//! │       ├── text/html
//! │       └── image/png …  (inline, by Content-ID)
//! └── attachments …
//! ```
//!
//! The same parts always give the same bytes: nothing here is random and no clock is read.

use crate::domain::model::EmailAddress;
use crate::domain::time::Instant;
use crate::mail::address::address;
use crate::mail::{Envelope, mask};
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart};
use sha2::{Digest, Sha256};
use std::fmt::Write;
use thiserror::Error;

/// The name beside the sender's address.
const SENDER: &str = "Nines";
/// Longest subject, in characters; longer ones are cut off with an ellipsis.
const SUBJECT_MAX: usize = 200;

/// The parts of a message.
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    /// What the message is: the same for every attempt, another for another message. Report and revision, say.
    pub key: &'a str,
    /// Sender.
    pub from: &'a EmailAddress,
    /// Where answers and requests to be taken off the list go; the sender if None.
    pub reply_to: Option<&'a EmailAddress>,
    /// Recipient.
    pub to: &'a EmailAddress,
    /// When it was written.
    pub date: Instant,
    /// Subject; line breaks become blanks.
    pub subject: &'a str,
    /// The message as plain text.
    pub text: &'a str,
    /// The message as an HTML document.
    pub html: &'a str,
    /// Pictures that the HTML shows.
    pub pictures: Vec<Inline<'a>>,
    /// Files beside the message.
    pub attachments: Vec<File<'a>>,
}

/// A picture within the HTML.
#[derive(Clone, Debug)]
pub struct Inline<'a> {
    /// Its Content-ID without brackets, as in `cid:…`.
    pub cid: &'a str,
    /// PNG.
    pub png: &'a [u8],
}

/// A file beside the message.
#[derive(Clone, Debug)]
pub struct File<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type, such as `text/csv; charset=utf-8`.
    pub media_type: &'a str,
    /// Its content.
    pub bytes: &'a [u8],
}

/// A finished message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mime {
    /// Whom it goes to, and its Message-ID.
    pub envelope: Envelope,
    /// The message itself.
    pub bytes: Vec<u8>,
}

/// Why the parts make no message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum MessageError {
    /// An address that mail cannot go to.
    #[error("the address {masked} cannot be used: {reason}")]
    Address {
        /// Masked address.
        masked: String,
        /// Why.
        reason: String,
    },
    /// A media type that is none.
    #[error("{text:?} is not a media type: {reason}")]
    MediaType {
        /// What was given.
        text: String,
        /// Why not.
        reason: String,
    },
    /// lettre refused.
    #[error("the message cannot be put together: {0}")]
    Build(String),
}

/// Puts a message together.
pub fn build(parts: &Parts<'_>) -> Result<Mime, MessageError> {
    let hash = hash(parts);
    let from = address_of(parts.from)?;
    let message_id = format!("<{hash}@{}>", from.domain());
    let reply_to = parts.reply_to.unwrap_or(parts.from);
    let message = Message::builder()
        .message_id(Some(message_id.clone()))
        .date(parts.date.to_utc().into())
        .from(Mailbox::new(Some(SENDER.to_owned()), from))
        .reply_to(Mailbox::new(None, address_of(reply_to)?))
        .to(Mailbox::new(None, address_of(parts.to)?))
        .subject(subject(parts.subject))
        // RFC 3834: no vacation notes to a machine; Exchange has its own word for it
        .raw_header(header("Auto-Submitted", "auto-generated".to_owned()))
        .raw_header(header("X-Auto-Response-Suppress", "All".to_owned()))
        .raw_header(header("List-Unsubscribe", unsubscribe(reply_to)))
        .multipart(body(parts, &hash)?)
        .map_err(|error| MessageError::Build(error.to_string()))?;
    let envelope = Envelope { from: parts.from.clone(), to: parts.to.clone(), message_id };
    Ok(Mime { envelope, bytes: message.formatted() })
}

fn body(parts: &Parts<'_>, hash: &str) -> Result<MultiPart, MessageError> {
    // lettre would draw the boundaries at random
    let boundary = |part: &str| format!("{part}-{hash}");
    let alternative =
        MultiPart::alternative().boundary(boundary("alternative")).singlepart(SinglePart::plain(parts.text.to_owned()));
    let html = SinglePart::html(parts.html.to_owned());
    let alternative = if parts.pictures.is_empty() {
        alternative.singlepart(html)
    } else {
        let mut related = MultiPart::related().boundary(boundary("related")).singlepart(html);
        for picture in &parts.pictures {
            let cid: String = picture.cid.chars().filter(|c| c.is_ascii_graphic() && !"<>".contains(*c)).collect();
            related =
                related.singlepart(Attachment::new_inline(cid).body(exact(picture.png), media_type("image/png")?));
        }
        alternative.multipart(related)
    };
    let mut mixed = MultiPart::mixed().boundary(boundary("mixed")).multipart(alternative);
    for file in &parts.attachments {
        let attachment = Attachment::new(one_line(file.name));
        mixed = mixed.singlepart(attachment.body(exact(file.bytes), media_type(file.media_type)?));
    }
    Ok(mixed)
}

/// Base64 whatever the content: a file must arrive byte by byte, line ends included.
fn exact(bytes: &[u8]) -> Body {
    Body::new_with_encoding(bytes.to_vec(), lettre::message::header::ContentTransferEncoding::Base64)
        .unwrap_or_else(Body::new)
}

/// What names the message: its key, its recipient and its files, so that two installations never share a Message-ID.
fn hash(parts: &Parts<'_>) -> String {
    let mut sha = Sha256::new();
    let texts = [parts.key.as_bytes(), parts.to.as_str().as_bytes()];
    for bytes in texts.into_iter().chain(parts.attachments.iter().map(|file| file.bytes)) {
        // the length before each text keeps "ab" + "c" and "a" + "bc" apart
        sha.update(bytes.len().to_string());
        sha.update(":");
        sha.update(bytes);
    }
    sha.finalize().iter().take(16).fold(String::new(), |mut hex, byte| {
        // writing to a String cannot fail
        _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn address_of(email: &EmailAddress) -> Result<lettre::Address, MessageError> {
    address(email).map_err(|reason| MessageError::Address { masked: mask(email.as_str()), reason })
}

fn media_type(text: &str) -> Result<ContentType, MessageError> {
    ContentType::parse(text)
        .map_err(|error| MessageError::MediaType { text: text.to_owned(), reason: error.to_string() })
}

fn header(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

/// RFC 2369: a mail that asks to be taken off the list.
fn unsubscribe(address: &EmailAddress) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~@".contains(&b);
    let escaped = address.as_str().bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(char::from(byte));
        } else {
            // writing to a String cannot fail
            _ = write!(text, "%{byte:02X}");
        }
        text
    });
    format!("<mailto:{escaped}?subject=unsubscribe>")
}

fn subject(text: &str) -> String {
    let text = one_line(text);
    if text.chars().count() <= SUBJECT_MAX {
        return text;
    }
    text.chars().take(SUBJECT_MAX - 1).chain(['…']).collect()
}

/// Text without line breaks and other control characters, which have no place in a header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || c.is_whitespace())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mail_parser::{MessageParser, MimeHeaders, PartType};

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\x00\xff";
    const CSV: &[u8] = "a,b\r\n\u{fc},\"x\ny\"\r\n.\r\n".as_bytes();

    fn email(text: &str) -> EmailAddress {
        EmailAddress::parse(text).unwrap()
    }

    /// Builds with changes to the usual parts.
    fn message(to: &str, change: impl FnOnce(&mut Parts<'_>)) -> Mime {
        let (from, to) = (email("nines@bücher.example"), email(to));
        let mut parts = Parts {
            key: "report 9 revision 1",
            from: &from,
            reply_to: None,
            to: &to,
            date: Instant::from_seconds(1_795_244_400),
            subject: "[Nines] Verletzt: Käse & 日本語, Woche 46 – 1 von 3",
            text: "Grüße\nund 日本語\n.\nFrom here\n",
            html: "<p>Grüße <img src=\"cid:c1@nines\" alt=\"\"></p>",
            pictures: vec![Inline { cid: "c1@nines", png: PNG }],
            attachments: vec![
                File { name: "bericht-ü.csv", media_type: "text/csv; charset=utf-8; header=present", bytes: CSV },
                File { name: "report.json", media_type: "application/json", bytes: b"{}\n" },
            ],
        };
        change(&mut parts);
        build(&parts).unwrap()
    }

    #[test]
    fn another_parser_reads_every_part_in_every_language() {
        let mime = message("anna@example.org", |_| {});
        assert!(mime.bytes.is_ascii(), "no server needs 8BITMIME for it");
        assert!(mime.bytes.split(|b| *b == b'\n').all(|line| line.len() <= 998));
        let mail = MessageParser::default().parse(&mime.bytes).unwrap();
        assert_eq!(mail.subject(), Some("[Nines] Verletzt: Käse & 日本語, Woche 46 – 1 von 3"));
        assert_eq!(mail.date().unwrap().to_rfc3339(), "2026-11-21T07:00:00Z");
        let from = mail.from().and_then(|from| from.first()).unwrap();
        assert_eq!((from.name(), from.address()), (Some("Nines"), Some("nines@xn--bcher-kva.example")));
        assert_eq!(mail.to().and_then(|to| to.first()).and_then(|to| to.address()), Some("anna@example.org"));
        assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
        assert_eq!(mail.body_text(0).unwrap().replace("\r\n", "\n").trim_end(), "Grüße\nund 日本語\n.\nFrom here");
        assert_eq!(mail.body_html(0).unwrap().trim_end(), "<p>Grüße <img src=\"cid:c1@nines\" alt=\"\"></p>");
        let types: Vec<String> = mail
            .parts
            .iter()
            .map(|part| part.content_type().map(|t| format!("{}/{}", t.ctype(), t.subtype().unwrap_or(""))).unwrap())
            .collect();
        assert_eq!(
            types,
            [
                "multipart/mixed",
                "multipart/alternative",
                "text/plain",
                "multipart/related",
                "text/html",
                "image/png",
                "text/csv",
                "application/json"
            ]
        );
        let picture = &mail.parts[5];
        assert_eq!(picture.content_id(), Some("c1@nines"));
        assert!(picture.content_disposition().unwrap().is_inline());
        assert!(matches!(&picture.body, PartType::Binary(bytes) | PartType::InlineBinary(bytes) if **bytes == *PNG));
        assert_eq!(mail.parts[6].attachment_name(), Some("bericht-ü.csv"));
        assert_eq!(mail.parts[6].contents(), CSV, "a file arrives byte by byte");
    }

    #[test]
    fn the_same_message_is_the_same_bytes_and_another_has_another_id() {
        let first = message("anna@example.org", |_| {});
        assert_eq!(first, message("anna@example.org", |_| {}));
        assert!(first.envelope.message_id.ends_with("@xn--bcher-kva.example>"));
        let mail = MessageParser::default().parse(&first.bytes).unwrap();
        assert_eq!(mail.message_id().map(|id| format!("<{id}>")), Some(first.envelope.message_id.clone()));
        for other in [
            message("bert@example.org", |_| {}),
            message("anna@example.org", |parts| parts.key = "report 9 revision 2"),
            message("anna@example.org", |parts| parts.attachments[1].bytes = b"[]\n"),
        ] {
            assert_ne!(other.envelope.message_id, first.envelope.message_id);
        }
        let later = message("anna@example.org", |parts| parts.date = Instant::from_seconds(1_795_300_000));
        assert_eq!(later.envelope.message_id, first.envelope.message_id, "the date does not make it another message");
    }

    #[test]
    fn nothing_that_people_name_becomes_a_header() {
        let evil = "x\r\nBcc: all@example.org\r\n\r\nbody\u{0}\u{85}\u{2028}";
        let mime = message("anna@example.org", |parts| {
            parts.subject = evil;
            parts.attachments[0].name = evil;
            parts.pictures[0].cid = evil;
        });
        let mail = MessageParser::default().parse(&mime.bytes).unwrap();
        assert_eq!(mail.subject(), Some("x Bcc: all@example.org body"));
        assert!(mail.bcc().is_none());
        for part in &mail.parts {
            assert!(part.headers.iter().all(|header| header.name() != "Bcc"));
        }
        let text = String::from_utf8(mime.bytes).unwrap();
        assert!(!text.contains("\nBcc:"), "{text}");
    }

    #[test]
    fn a_mailto_link_escapes_what_an_address_may_hold() {
        assert_eq!(
            unsubscribe(&email("a+b?c=d%&e@example.org")),
            "<mailto:a%2Bb%3Fc%3Dd%25%26e@example.org?subject=unsubscribe>"
        );
    }

    #[test]
    fn a_message_without_pictures_has_no_related_part_and_a_long_subject_ends() {
        let long = "ü".repeat(1_000);
        let mime = message("anna@example.org", |parts| {
            parts.pictures.clear();
            parts.subject = Box::leak(long.into_boxed_str());
        });
        let mail = MessageParser::default().parse(&mime.bytes).unwrap();
        assert_eq!(mail.subject().unwrap().chars().count(), SUBJECT_MAX);
        assert!(!String::from_utf8_lossy(&mime.bytes).contains("multipart/related"));
    }

    #[test]
    fn an_address_that_mail_cannot_go_to_is_refused_without_being_shown() {
        let (from, to) = (email("nines@example.org"), email("secret..person@example.org"));
        let parts = Parts {
            key: "",
            from: &from,
            reply_to: None,
            to: &to,
            date: Instant::from_seconds(0),
            subject: "",
            text: "",
            html: "",
            pictures: vec![],
            attachments: vec![],
        };
        let error = build(&parts).unwrap_err().to_string();
        assert!(error.contains("s…@example.org") && !error.contains("person"), "{error}");
    }
}
