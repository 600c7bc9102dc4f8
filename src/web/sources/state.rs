//! How a source does, in a word and in a sentence.

use crate::domain::model::{Source, SourceSpec};
use crate::domain::time::Instant;
use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::store::source_states::SourceState;
use crate::view::{Badge, Tone};

/// In a word.
pub fn badge(source: &Source, state: &SourceState) -> Badge {
    match (source.archived_at, state.failures, state.last_ok_at) {
        (Some(_), ..) => Badge::archived(),
        (None, 1.., _) => Badge::new(Tone::Bad, "Failing"),
        (None, _, Some(_)) => Badge::new(Tone::Good, "Working"),
        (None, _, None) => Badge::new(Tone::Busy, "First reading"),
    }
}

/// In a sentence.
pub fn verdict(source: &Source, state: &SourceState, now: Instant) -> String {
    let last = state.last_ok_at.map(|at| wording::from_now(at, now));
    if source.archived_at.is_some() {
        return say!("It is archived: what was read is kept, and it is not asked any more.");
    }
    match (state.failures, last) {
        (0, None) => say!("It has not been asked yet."),
        (0, Some(last)) => say!("It answered {when}.", last),
        (failures, last) => {
            let tries = wording::counted(failures, "try", "tries");
            let since = last.map_or_else(
                || say!("It has never answered, in {tries}.", tries),
                |last| say!("It last answered {when}; {tries} have failed since.", last, tries),
            );
            let why = state.last_error.as_deref().unwrap_or_else(|| language::word("no reason is known"));
            let resumes = if matches!(source.spec, SourceSpec::Prometheus { .. }) {
                say!("Nothing is lost that it still has: Nines reads on where it stopped.")
            } else {
                say!("Until it answers again the minutes are unknown, neither good nor bad.")
            };
            say!("{since} The last error: {why}. {resumes}", since, why.trim_end_matches('.'), resumes)
        }
    }
}

/// When it last answered.
pub fn last_success(state: &SourceState, now: Instant) -> String {
    state.last_ok_at.map_or_else(|| say!("never"), |at| wording::from_now(at, now))
}

/// What it last said instead of an answer; empty while it works.
pub fn last_error(state: &SourceState) -> String {
    if state.failures == 0 {
        String::new()
    } else {
        wording::capitalised(state.last_error.as_deref().unwrap_or_default())
    }
}

/// When it is asked next.
pub fn next_try(source: &Source, state: &SourceState, now: Instant) -> String {
    match state.next_at {
        _ if source.archived_at.is_some() => "–".to_owned(),
        Some(at) if at > now => wording::from_now(at, now),
        Some(_) | None => say!("due now"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SourceId;
    use crate::domain::model::{Access, Check};

    fn source() -> Source {
        Source {
            id: SourceId(1),
            name: "ldap".to_owned(),
            spec: SourceSpec::Probe(Check::Tcp { host: "ldap".to_owned(), port: 636 }),
            access: Access::default(),
            every_seconds: 30,
            delay_seconds: 0,
            timeout_seconds: 10,
            archived_at: None,
        }
    }

    #[test]
    fn a_failing_source_says_since_when_and_why() {
        let now = Instant::from_seconds(1_795_244_400);
        let failing = SourceState {
            last_ok_at: Some(now.plus_seconds(-120)),
            last_error: Some("connection refused".to_owned()),
            failures: 3,
            next_at: Some(now.plus_seconds(40)),
            ..SourceState::default()
        };
        assert_eq!(badge(&source(), &failing).word, "Failing");
        assert_eq!(
            verdict(&source(), &failing, now),
            "It last answered 2 min ago; 3 tries have failed since. The last error: connection refused. Until it answers \
             again the minutes are unknown, neither good nor bad."
        );
        assert_eq!(next_try(&source(), &failing, now), "in 40 s");
        let recovered = SourceState { failures: 0, ..failing };
        assert_eq!((badge(&source(), &recovered).word.as_str(), last_error(&recovered).as_str()), ("Working", ""));
        assert_eq!(verdict(&source(), &SourceState::default(), now), "It has not been asked yet.");
        let archived = Source { archived_at: Some(now), ..source() };
        assert_eq!(
            (badge(&archived, &recovered), next_try(&archived, &recovered, now)),
            (Badge::archived(), "–".into())
        );
    }
}
