//! Mail into memory: what tests look at.

use crate::domain::model::EmailAddress;
use crate::mail::{Answer, Envelope, MailError};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A mail as it was handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Recipient.
    pub to: EmailAddress,
    /// Message-ID.
    pub message_id: String,
    /// The message.
    pub bytes: Vec<u8>,
}

/// Keeps what is sent; its clones share one box.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    sent: Vec<Sent>,
    failures: VecDeque<MailError>,
}

impl Memory {
    /// Everything sent so far, in order.
    #[must_use]
    pub fn sent(&self) -> Vec<Sent> {
        self.shelf().sent.clone()
    }

    /// Fails the next send with this error; several queue up.
    pub fn fail_next(&self, error: MailError) {
        self.shelf().failures.push_back(error);
    }

    pub(super) fn send(&self, envelope: &Envelope, bytes: &[u8]) -> Result<Answer, MailError> {
        let mut kept = self.shelf();
        if let Some(error) = kept.failures.pop_front() {
            return Err(error);
        }
        let (to, message_id) = (envelope.to.clone(), envelope.message_id.clone());
        kept.sent.push(Sent { to, message_id, bytes: bytes.to_vec() });
        Ok(Answer("kept in memory".to_owned()))
    }

    /// A test that panicked while it held the shelf leaves it in order.
    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Mailer;

    #[tokio::test]
    async fn clones_share_what_was_sent_and_failures_come_first() {
        let memory = Memory::default();
        let mailer = Mailer::Memory(memory.clone());
        let address = EmailAddress::parse("a@example.org").unwrap();
        let envelope = Envelope { from: address.clone(), to: address.clone(), message_id: "<1@example.org>".into() };
        memory.fail_next(MailError::Off);
        assert_eq!(mailer.send(&envelope, b"x").await, Err(MailError::Off));
        assert_eq!(mailer.send(&envelope, b"x").await, Ok(Answer("kept in memory".into())));
        assert_eq!(memory.sent(), [Sent { to: address, message_id: "<1@example.org>".into(), bytes: b"x".to_vec() }]);
    }
}
