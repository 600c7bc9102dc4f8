//! Mail into a directory: one `.eml` file for each message, for demonstrations and for programs that pick them up.

use crate::mail::{Answer, Envelope, MailError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A directory that mail is written to; created with the first mail.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    /// Writes the message under the name of its Message-ID, whole or not at all, and never a second time.
    pub(super) async fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Answer, MailError> {
        let name = file_name(&envelope.message_id);
        let (directory, file, bytes) = (self.path.clone(), self.path.join(&name), bytes.to_vec());
        let target = file.clone();
        let written = tokio::task::spawn_blocking(move || write_once(&directory, &target, &bytes)).await;
        let written = written.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked)));
        match written {
            Ok(true) => Ok(Answer(format!("written to {}", file.display()))),
            Ok(false) => Ok(Answer(format!("already in {}", file.display()))),
            Err(error) => Err(MailError::Directory { path: file.display().to_string(), reason: error.to_string() }),
        }
    }
}

/// Creates `file` with its whole content, or says that it was there already.
///
/// The content is complete on disk under another name first, so that nobody ever reads half a message.
fn write_once(directory: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<bool> {
    static DRAFTS: AtomicU64 = AtomicU64::new(0);
    std::fs::create_dir_all(directory)?;
    if file.try_exists()? {
        return Ok(false);
    }
    let draft = DRAFTS.fetch_add(1, Ordering::Relaxed);
    let draft = file.with_extension(format!("{}-{draft}.part", std::process::id()));
    let mut out = std::fs::File::create(&draft)?;
    let written = out.write_all(bytes).and_then(|()| out.sync_all()).and_then(|()| std::fs::rename(&draft, file));
    if written.is_err() {
        // the first error is the one that explains; a draft that stays behind is not read as mail
        _ = std::fs::remove_file(&draft);
    }
    written.map(|()| true)
}

/// The Message-ID without its brackets, and without anything that a file system could misread.
fn file_name(message_id: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-' || c == '@';
    let id: String = message_id.trim_matches(['<', '>']).chars().map(|c| if plain(c) { c } else { '_' }).collect();
    format!("{}.eml", id.trim_start_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::model::EmailAddress;

    fn envelope(id: &str) -> Envelope {
        let address = EmailAddress::parse("a@example.org").unwrap();
        Envelope { from: address.clone(), to: address, message_id: id.to_owned() }
    }

    fn names(path: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[tokio::test]
    async fn a_message_is_written_once_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let mail = Directory::new(folder.path().join("out/box"));
        let first = mail.send(&envelope("<abc@example.org>"), b"one\r\n").await.unwrap();
        let again = mail.send(&envelope("<abc@example.org>"), b"two\r\n").await.unwrap();
        mail.send(&envelope("<def@example.org>"), b"three\r\n").await.unwrap();
        assert!(first.0.starts_with("written to ") && again.0.starts_with("already in "), "{first:?} {again:?}");
        let path = folder.path().join("out/box");
        assert_eq!(names(&path), ["abc@example.org.eml", "def@example.org.eml"]);
        assert_eq!(std::fs::read(path.join("abc@example.org.eml")).unwrap(), b"one\r\n");
    }

    #[tokio::test]
    async fn a_message_id_cannot_leave_the_directory() {
        let folder = tempfile::tempdir().unwrap();
        let mail = Directory::new(folder.path().join("box"));
        mail.send(&envelope("<../../escape/é@x>"), b"x").await.unwrap();
        assert_eq!(names(folder.path()), ["box"]);
        assert_eq!(names(&folder.path().join("box")), ["_.._escape__@x.eml"]);
    }

    #[tokio::test]
    async fn a_directory_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), b"").unwrap();
        let error = Directory::new(folder.path().join("file")).send(&envelope("<a@x>"), b"x").await.unwrap_err();
        assert!(!error.is_permanent() && error.to_string().contains("a@x.eml"), "{error}");
    }
}
