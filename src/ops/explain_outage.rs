//! Explains an outage: why a service was down, in the words of a person, once for every objective about it.

use crate::domain::ids::{ServiceId, UserId};
use crate::domain::time::Span;
use crate::language::say;
use crate::ops::{Context, OpsError, audit};
use crate::store;
use crate::store::outage_causes::OutageCause;
use serde::Serialize;

/// The longest cause.
pub const CAUSE_CHARS_MAX: usize = 500;

/// What the audit log keeps of a cause.
#[derive(Serialize)]
struct Snapshot {
    cause: String,
    from: String,
    to: String,
}

impl Snapshot {
    fn of(cause: &OutageCause) -> Self {
        let moment = |minute: crate::domain::time::Minute| minute.start().to_string();
        Self { cause: cause.cause.clone(), from: moment(cause.span.start()), to: moment(cause.span.end()) }
    }
}

/// Keeps why a service was down in a span, in place of what was said about the outage that began then; nothing removes it.
pub async fn explain_outage(
    context: &Context,
    who: Option<UserId>,
    service: ServiceId,
    span: Span,
    cause: &str,
) -> Result<(), OpsError> {
    let (now, cause) = (context.clock.now(), one_line(cause)?);
    if span.is_empty() {
        return Err(OpsError::refused(
            "from",
            say!("The outage ends before it begins: give the moments of a listed outage."),
        ));
    }
    let first = Span::new(span.start(), span.start().plus(1));
    let known = store::outage_causes::list(&context.db, service, first).await?;
    let before = known.into_iter().find(|one| one.span.start() == span.start());
    let after = OutageCause { service, span, cause, entered_by: who, entered_at: now };
    if before.as_ref().map(|one| one.cause.as_str()).unwrap_or_default() == after.cause {
        return Ok(());
    }
    let is = (!after.cause.is_empty()).then(|| Snapshot::of(&after));
    let was = before.as_ref().map(Snapshot::of);
    let mut tx = context.db.begin_write().await?;
    store::outage_causes::save(&mut tx, &after).await?;
    audit(&mut tx, now, who, "outage.explained", ("service", service.0), (was.as_ref(), is.as_ref())).await?;
    Ok(tx.commit().await?)
}

/// The text without blanks around it, if it is one line that is not too long.
fn one_line(text: &str) -> Result<String, OpsError> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(OpsError::refused("cause", say!("Write the cause in one line, without line breaks or tabs.")));
    }
    if text.chars().count() > CAUSE_CHARS_MAX {
        return Err(OpsError::refused("cause", say!("Write the cause in at most {most} characters.", CAUSE_CHARS_MAX)));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_one_line_of_at_most_500_characters() {
        assert_eq!(one_line("  Bad deploy ").ok().as_deref(), Some("Bad deploy"));
        assert_eq!(one_line("   ").ok().as_deref(), Some(""));
        assert!(one_line(&"ü".repeat(500)).is_ok() && one_line(&"ü".repeat(501)).is_err());
        for text in ["two\nlines", "a\tb", "a\0b", "a\u{1b}[31mb"] {
            assert!(one_line(text).is_err(), "{text:?}");
        }
    }
}
