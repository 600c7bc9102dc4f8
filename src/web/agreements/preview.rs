//! The preview of an agreement in its form: what the last weeks would have come to under the terms typed so far.

use crate::domain::account::Account;
use crate::domain::burn::{Replayed, Severity};
use crate::domain::ids::AgreementId;
use crate::domain::judgement::Sli;
use crate::domain::model::Window;
use crate::domain::suggest::{Suggestion, TooLittle};
use crate::domain::target::Target;
use crate::domain::terms::Method;
use crate::domain::time::Span;
use crate::domain::wording::{self, count, counted};
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::preview_agreement::{self, DAYS, JudgedWindow, Preview, Previewed};
use crate::view::objective::MethodRow;
use crate::view::preview::{ObjectivePreview, PreviewAlert, PreviewWindow};
use crate::view::{Badge, Fact, Form, Tone};
use crate::web::forms::agreement::{Typed, field, target_text};
use crate::web::units::{Units, slice_length};
use crate::web::{State, standing};
use chrono_tz::Tz;

/// The name of the hidden field that holds the target which a preview suggested.
const SUGGESTED: &str = "suggested";
/// What the script asks while somebody types; what is not complete yet is no mistake then.
pub(super) const LIVE: &str = "live-preview";

/// Does this button ask for a preview? One of them puts the suggested target into its field first.
pub(super) fn press(form: &mut Form, action: &str) -> bool {
    let number = action.strip_prefix("suggest-objective-").and_then(|number| number.parse().ok());
    if let Some(number) = number {
        let suggested = form.value(&field(number, SUGGESTED)).to_owned();
        if !suggested.is_empty() {
            form.set(field(number, "target"), suggested);
        }
    }
    number.is_some() || action == "preview" || action == LIVE
}

/// Judges what was typed; one entry for each objective that it means.
pub(super) async fn of(
    state: &State,
    typed: &Typed,
    id: Option<AgreementId>,
) -> Result<Vec<ObjectivePreview>, OpsError> {
    let previews = preview_agreement::preview(state, &typed.draft, id).await?;
    let numbers = typed.numbers();
    let each = typed.draft.objectives.iter().zip(&numbers).zip(previews);
    let shown = each.map(|((draft, number), preview)| {
        let is_alone = numbers.iter().filter(|other| *other == number).count() == 1;
        let shown = match preview {
            Preview::Skipped(sentence) => ObjectivePreview { notes: vec![sentence], ..ObjectivePreview::default() },
            Preview::Judged(judged) => shown(&judged, is_alone),
        };
        ObjectivePreview { number: *number, name: draft.name.clone(), ..shown }
    });
    Ok(shown.collect())
}

fn shown(judged: &Previewed, is_alone: bool) -> ObjectivePreview {
    let objective = &judged.listing.objective;
    let suggested = judged.suggestion.ok().and_then(|found| found.in_every_window);
    ObjectivePreview {
        notes: judged.notes.clone(),
        facts: facts(judged),
        windows: judged.windows.iter().map(|window| shown_window(judged, window)).collect(),
        methods: judged.methods.iter().map(|(method, account)| method_row(judged, *method, account)).collect(),
        alerts_note: alerts_note(judged),
        alerts: if judged.alerted.is_empty() { Vec::new() } else { judged.alerts.iter().map(alert).collect() },
        suggested: suggested.filter(|_| is_alone).map(|target| target_text(objective.kind, target)),
        ..ObjectivePreview::default()
    }
}

fn range(span: Span, zone: Tz) -> String {
    wording::span(span.start().start(), span.end().start(), zone)
}

fn facts(judged: &Previewed) -> Vec<Fact> {
    let tally = &judged.all.counted;
    let longest = if judged.outages == 0 {
        String::new()
    } else {
        say!(", the longest {length}", wording::duration_minutes(judged.longest))
    };
    let outages = i64::try_from(judged.outages).unwrap_or(i64::MAX);
    let known = say!("{known} of {total} judged minutes", count(tally.known), count(tally.minutes));
    vec![
        Fact::new(say!("Judged"), range(judged.span, judged.listing.agreement.zone)),
        Fact::new(say!("Known"), format!("{}: {known}", standing::coverage(tally))),
        Fact::new(say!("Outages"), format!("{}{longest}", if outages == 0 { say!("none") } else { count(outages) })),
        Fact::new(say!("Target that history would have met"), suggestion(judged)),
    ]
}

/// The suggestion with its reason, in sentences.
fn suggestion(judged: &Previewed) -> String {
    let found = match &judged.suggestion {
        Ok(found) => found,
        Err(TooLittle::Short) => return wording::capitalised(&say!("{reason}.", TooLittle::Short)),
        Err(TooLittle::Unmeasured) => return wording::capitalised(&say!("{reason}.", TooLittle::Unmeasured)),
    };
    let kind = judged.listing.objective.kind;
    let told = |target: Target| standing::target(kind, target);
    let windows = i64::try_from(found.windows).unwrap_or(i64::MAX);
    let windows = counted(windows, "window", "windows");
    let length = standing::length_in_words(found.window_minutes);
    let first = match (found.in_every_window, found.in_nine_of_ten) {
        (Some(target), _) => {
            say!("{target}: {windows} of {length}, one each hour, all meet it.", told(target), windows, length)
        }
        (None, Some(target)) => {
            say!(
                "None in all of {windows} of {length}; {target} in nine of ten of them.",
                windows,
                length,
                told(target)
            )
        }
        (None, None) => say!("None: {windows} of {length} fall below every target that is suggested.", windows, length),
    };
    format!("{first} {}", worst(judged, found))
}

fn worst(judged: &Previewed, found: &Suggestion) -> String {
    let (span, tally) = &found.worst;
    let objective = &judged.listing.objective;
    let share = standing::share(objective.kind, objective.target, tally.good, tally.total);
    say!("The worst ended {when}: {share}.", wording::instant(span.end().start(), judged.listing.agreement.zone), share)
}

fn shown_window(judged: &Previewed, window: &JudgedWindow) -> PreviewWindow {
    let objective = &judged.listing.objective;
    let (result, units) = (&window.judgement, Units::of(&judged.listing));
    let left = match &result.budget {
        None => "–".to_owned(),
        Some(budget) => {
            let share = standing::remaining(&result.tally, objective.target);
            say!("{first}, {second}", share, standing::remaining_time(Some(budget)))
        }
    };
    PreviewWindow {
        name: window_name(judged, window),
        counted: counts(&units, &result.account, objective.target),
        sli: standing::measured(objective.kind, objective.target, &result.tally),
        verdict: verdict(&result.account, objective.target),
        left,
    }
}

fn window_name(judged: &Previewed, window: &JudgedWindow) -> String {
    let (listing, span) = (&judged.listing, window.judgement.span);
    match listing.objective.window {
        Window::Rolling(length) if length.minutes() > span.minutes() => {
            let whole = standing::length_in_words(length.minutes());
            say!("the last {days} days, of {whole}", DAYS, whole)
        }
        Window::Rolling(length) => say!("the last {length}", standing::length_in_words(length.minutes())),
        Window::Calendar => {
            let label = listing.agreement.calendar().period_at(window.whole.start().start()).label();
            match (window.whole.start() < span.start(), span.end() < window.whole.end()) {
                (true, _) => say!("{label} so far, its last {days} days", label, DAYS),
                (false, true) => say!("{label} so far", label),
                (false, false) => label,
            }
        }
    }
}

fn counts(units: &Units, account: &Account, target: Target) -> String {
    let tally = &account.counted;
    say!("{good} of {total}", units.good(tally.good, tally.total, target), units.counted(tally.total, None))
}

fn verdict(account: &Account, target: Target) -> Badge {
    match Sli::of(&account.counted) {
        Sli::Measured { good, total } if target.is_met(good, total) => Badge::new(Tone::Good, "Met"),
        Sli::Measured { .. } => Badge::new(Tone::Bad, "Missed"),
        Sli::NoTraffic | Sli::Unknown | Sli::NotApplicable => Badge::new(Tone::Idle, "Nothing to judge"),
    }
}

fn method_row(judged: &Previewed, method: Method, account: &Account) -> MethodRow {
    let objective = &judged.listing.objective;
    let slice = slice_length(method.slice());
    let (name, units) = match method {
        Method::Occurrences => {
            let units = Units::of_events(&judged.listing);
            (say!("Good {units}", units.many()), units)
        }
        Method::Timeslices { target, .. } => {
            let units = Units::of_slices(method.slice(), method.unit());
            (say!("Slices of {slice} with at least {target} % good", slice, target), units)
        }
        Method::RatioTimeslices { .. } => {
            let units = Units::of_slices(method.slice(), method.unit());
            (say!("Mean of the shares of slices of {slice}", slice), units)
        }
    };
    let tally = &account.counted;
    MethodRow {
        name,
        word: method.word().to_owned(),
        is_own: method == objective.terms.counting.method,
        counted: counts(&units, account, objective.target),
        sli: match tally.total {
            1.. => format!("{} %", wording::sli_percent(tally.good, tally.total, Some(objective.target))),
            _ => standing::measured(objective.kind, objective.target, tally),
        },
        verdict: verdict(account, objective.target),
    }
}

fn alerts_note(judged: &Previewed) -> String {
    if judged.alerts.is_empty() {
        return say!("No alert watches this objective: with this target, none could ever fire.");
    }
    if judged.alerted.is_empty() {
        return say!("Its alerts look back further than {days} days, so they are not replayed.", DAYS);
    }
    say!("Its alerts, replayed minute by minute over {range}:", range(judged.alerted, judged.listing.agreement.zone))
}

fn alert(replayed: &Replayed) -> PreviewAlert {
    let rule = &replayed.rule;
    let factor = wording::factor(rule.factor);
    let (long, short) = (wording::duration_minutes(rule.long_minutes), wording::duration_minutes(rule.short_minutes));
    PreviewAlert {
        name: match rule.severity {
            Severity::Page => {
                say!("Page when it burns faster than {factor} over both {long} and {short}", factor, long, short)
            }
            Severity::Ticket => {
                say!("Ticket when it burns faster than {factor} over both {long} and {short}", factor, long, short)
            }
        },
        times: count(replayed.times),
        minutes: if replayed.minutes == 0 { "–".to_owned() } else { wording::duration_minutes(replayed.minutes) },
    }
}
