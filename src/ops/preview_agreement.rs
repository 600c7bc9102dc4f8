//! Judges the last weeks of real data under terms that nobody has saved yet. Nothing is kept.
//!
//! What the ledger knows already comes from there; a Prometheus server is asked for the rest. Exclusions that are approved
//! hold here too, as far as they hold the agreement, the service, or everything.

mod sheets;

use self::sheets::Found;
use crate::domain::account::Account;
use crate::domain::burn::{self, Replayed};
use crate::domain::evidence::{Evidence, Part};
use crate::domain::history::History;
use crate::domain::ids::{AgreementId, ObjectiveId};
use crate::domain::judgement::{self, Judgement};
use crate::domain::model::{Agreement, Objective, Window};
use crate::domain::suggest::{Suggestion, TooLittle, suggest};
use crate::domain::target::Target;
use crate::domain::terms::{Method, SliceMinutes};
use crate::domain::time::{DAY_MINUTES, HOUR_MINUTES, Minute, Span};
use crate::language;
use crate::ops::define_agreement::{AgreementDraft, ObjectiveDraft, agreement_of};
use crate::ops::evaluate::judged_until;
use crate::ops::judge::{self, Judge};
use crate::ops::{Context, OpsError};
use crate::store::objectives::ObjectiveListing;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};
use std::time::Duration;
use tokio::time::Instant as Moment;

/// How many days are judged.
pub const DAYS: i64 = 35;
/// How long a person waits for all sources of a form together.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many objectives are read at the same time.
const CONCURRENT: usize = 4;

/// What becomes of one objective of a draft.
#[derive(Clone, Debug)]
pub enum Preview {
    /// It was judged.
    Judged(Box<Previewed>),
    /// It was not, and why, in a sentence.
    Skipped(String),
}

/// One objective under the terms of a draft.
#[derive(Clone, Debug)]
pub struct Previewed {
    /// The objective as it would be; identities that are not given yet are 0.
    pub listing: ObjectiveListing,
    /// What was read.
    pub span: Span,
    /// What all of it comes to.
    pub all: Account,
    /// Its windows: the one that ends now, and the last whole calendar period that was read.
    pub windows: Vec<JudgedWindow>,
    /// The first window under each method.
    pub methods: Vec<(Method, Account)>,
    /// How many outages there were in all that was read.
    pub outages: usize,
    /// How long the longest lasted, in minutes.
    pub longest: i64,
    /// A target that history would have met.
    pub suggestion: Result<Suggestion, TooLittle>,
    /// The span over which alerts are replayed: so late that the longest look-back is whole.
    pub alerted: Span,
    /// What each alert would have done there.
    pub alerts: Vec<Replayed>,
    /// What people should know about the data, in sentences.
    pub notes: Vec<String>,
}

/// One window.
#[derive(Clone, Debug)]
pub struct JudgedWindow {
    /// All of it, also what was not read or has not passed.
    pub whole: Span,
    /// What its judged part comes to.
    pub judgement: Judgement,
}

/// Judges each objective of a draft, in their order; `id` is that of the agreement if it exists.
pub async fn preview(
    context: &Context,
    draft: &AgreementDraft,
    id: Option<AgreementId>,
) -> Result<Vec<Preview>, OpsError> {
    let now = context.clock.now();
    let court = Judge::load(&context.db).await?;
    let agreement = agreement_of(draft, id.unwrap_or(AgreementId(0)), now);
    let span = Span::ending(judged_until(now), DAYS * DAY_MINUTES);
    let deadline = Moment::now() + PATIENCE;
    let (court, agreement) = (&court, &agreement);
    let one = |objective: &ObjectiveDraft| {
        let objective = objective.clone();
        async move {
            if objective.composite.is_some() {
                return Ok(Preview::Skipped(language::word(COMPOSITE).to_owned()));
            }
            match sheets::find(context, &objective, span, deadline).await? {
                Ok(found) => Ok(Preview::Judged(Box::new(judged(court, agreement, &objective, found, span)))),
                Err(sentence) => Ok(Preview::Skipped(sentence)),
            }
        }
    };
    let each: Vec<_> = draft.objectives.iter().map(one).collect();
    stream::iter(each).buffered(CONCURRENT).try_collect().await
}

/// What people read about a composite.
const COMPOSITE: &str =
    "A composite is judged once the agreement is saved; the preview shows the objectives that it is made of.";

fn listing(agreement: &Agreement, draft: &ObjectiveDraft, found: &Found) -> ObjectiveListing {
    ObjectiveListing {
        objective: Objective {
            id: draft.id.unwrap_or(ObjectiveId(0)),
            agreement: agreement.id,
            indicator: found.indicator.id,
            name: draft.name.clone(),
            kind: draft.kind,
            target: draft.target,
            window: draft.window,
            terms: draft.terms.clone(),
            archived_at: None,
        },
        indicator: found.indicator.clone(),
        agreement: agreement.clone(),
        service_name: draft.service.clone(),
        source_name: found.source_name.clone(),
    }
}

fn judged(court: &Judge, agreement: &Agreement, draft: &ObjectiveDraft, found: Found, span: Span) -> Previewed {
    let listing = listing(agreement, draft, &found);
    let objective = &listing.objective;
    let (target, counting) = (objective.target, objective.terms.counting);
    let part = Part { sheet: found.sheet, counting, target, weight: 1 };
    let evidence = Evidence::of_one(part, court.judged(&listing, span).minutes);
    let windows = windows(court, &listing, &evidence, span);
    let own = windows.first().map_or(span, |window| window.judgement.span);
    let (_, terms) = court.window_at(&listing, span.end());
    let rules = objective.terms.rules(terms.window_minutes, target);
    let back = burn::reach(&rules, span).minutes() - span.minutes();
    let alerted = Span::new(span.start().plus(back).min(span.end()), span.end());
    let alerts = burn::replay(&by_minute(&evidence, span), &rules, target, objective.terms.guard(), alerted);
    let outages = evidence.outages(span);
    let methods = methods(counting.method, target);
    let accounts = evidence.by_methods(own, &methods);
    Previewed {
        span,
        all: evidence.account(span),
        methods: methods.into_iter().zip(accounts).collect(),
        windows,
        outages: outages.len(),
        longest: outages.iter().map(|outage| outage.span.minutes()).max().unwrap_or_default(),
        suggestion: suggestion(&evidence, span, terms.window_minutes),
        alerted,
        alerts,
        notes: found.notes,
        listing,
    }
}

/// The window that ends now; for calendar periods also the one before, if it was read as a whole.
fn windows(court: &Judge, listing: &ObjectiveListing, evidence: &Evidence, read: Span) -> Vec<JudgedWindow> {
    let calendar = listing.agreement.calendar();
    let (span, whole) = judge::window_at(&listing.objective, calendar, read.end());
    let before = (listing.objective.window == Window::Calendar)
        .then(|| calendar.period_at(whole.start().plus(-1).start()).span())
        .filter(|before| before.start() >= read.start());
    let all = std::iter::once((span.intersect(read), whole)).chain(before.map(|before| (before, before)));
    let judged = |(span, whole): (Span, Span)| {
        let terms = court.terms(listing, whole);
        JudgedWindow { whole, judgement: judgement::judge(terms, &[], span, evidence.account(span), &[]) }
    };
    all.map(judged).collect()
}

/// The methods to compare: with the objective's own slices, or those of five minutes.
fn methods(own: Method, target: Target) -> [Method; 3] {
    let slice = if own == Method::Occurrences { SliceMinutes::FIVE } else { own.slice() };
    let inside = own.slice_target(target);
    [Method::Occurrences, Method::Timeslices { slice, target: inside }, Method::RatioTimeslices { slice }]
}

/// What is counted minute by minute; a slice counts in its last minute, when it is complete.
fn by_minute(evidence: &Evidence, span: Span) -> History {
    let slice = evidence.counting().method.slice().minutes();
    let mut history = History::new(span, 1);
    for (Minute(minute), tally) in evidence.units(span) {
        let last = minute - minute.rem_euclid(slice) + slice - 1;
        history.add(Minute(last.min(span.end().0 - 1)), tally);
    }
    history
}

/// Over the whole hours from the first known minute on: what was never measured is no history.
fn suggestion(evidence: &Evidence, span: Span, window_minutes: i64) -> Result<Suggestion, TooLittle> {
    let known = evidence.judged().within(span).minus(&evidence.unknown(span));
    let first = known.as_slice().first().ok_or(TooLittle::Unmeasured)?.start();
    let whole_hour = |minute: Minute| minute.0.div_euclid(HOUR_MINUTES) * HOUR_MINUTES;
    let start = Minute(whole_hour(first.plus(HOUR_MINUTES - 1)));
    let end = Minute(whole_hour(span.end())).max(start);
    let mut history = History::new(Span::new(start, end), HOUR_MINUTES);
    for (minute, tally) in evidence.units(span) {
        history.add(minute, tally);
    }
    suggest(&history, window_minutes)
}
