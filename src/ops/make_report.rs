//! Makes the report of one agreement and period: one value that every format is rendered from.

use crate::domain::assessment::Assessed;
use crate::domain::calendar::Period;
use crate::domain::judgement::{Judgement, Sli, Status};
use crate::domain::ledger::{Slice, Tally};
use crate::domain::model::{Agreement, Window};
use crate::domain::outage::{self, Outage};
use crate::domain::phrases;
use crate::domain::time::{Instant, Minute, Span};
use crate::domain::wording;
use crate::language::{self, Language};
use crate::ops::assess::{Case, assess};
use crate::ops::compare_terms;
use crate::ops::judge::Judge;
use crate::ops::tell_anomalies::tell_anomalies;
use crate::ops::terms_in_force::terms_in_force;
use crate::ops::{Context, OpsError};
use crate::report::{self, Report};
use crate::store;
use crate::store::objectives::ObjectiveListing;
use std::collections::BTreeMap;

/// How many outages of one objective a report lists: the worst, in order of time.
const OUTAGES_MAX: usize = 20;

/// Makes the report as the ledger stands now. A period that still runs, or whose data may still change, is provisional.
///
/// What stands in a report is in English, whoever asks for it: it may be kept, numbered and signed.
pub async fn make_report(
    context: &Context,
    agreement: &Agreement,
    period: Period,
    revision: i64,
) -> Result<Report, OpsError> {
    language::scope(Language::English, make(context, agreement, period, revision)).await
}

async fn make(context: &Context, agreement: &Agreement, period: Period, revision: i64) -> Result<Report, OpsError> {
    let (db, now) = (&context.db, context.clock.now());
    let span = period.span();
    let in_force = terms_in_force(db, agreement, span.start()).await?;
    let (agreement, listings) = (&in_force.agreement, &in_force.listings);
    let judge = Judge::load(db).await?.among(listings);
    let case = Case { agreement, listings, period, until: now.minute(), now };
    let assessment = assess(&judge, &case).await?;
    let mut objectives = Vec::new();
    let mut findings = Vec::new();
    for (listing, assessed) in listings.iter().zip(&assessment.objectives) {
        objectives.push(line(&judge, listing, agreement, period, assessed).await?);
        for finding in store::findings::list(db, listing.indicator.id).await? {
            let in_period = finding.last_at.minute() >= span.start() && finding.first_at.minute() < span.end();
            if in_period && finding.resolved_at.is_none() {
                findings.push(format!("{}: {}", listing.objective.name, finding.message));
            }
        }
    }
    let whole = report::Whole::of(&assessment, agreement.zone);
    let provisional = !is_settled(context, listings, span, now).await?;
    let mut notes = report::how_counted(&objectives, span.start().start(), agreement.zone, provisional);
    notes.extend(in_force.note());
    Ok(Report {
        version: report::VERSION,
        agreement: report::Contract {
            id: agreement.id.0,
            name: agreement.name.clone(),
            customer: agreement.customer.clone(),
            owner: agreement.owner.clone(),
            zone: agreement.zone,
            terms_revision: in_force.revision,
            terms: compare_terms::said(&in_force)
                .into_iter()
                .map(|(label, text)| report::Term { label, text })
                .collect(),
        },
        period: report::Period::of(&period),
        built_at: now,
        provisional,
        revision,
        chain: None,
        digest: None,
        correction: None,
        verdict: report::Verdict::of(&objectives, &whole.broken_measures()),
        notes,
        objectives,
        findings,
        whole,
    })
}

/// Has every indicator been read, for good, up to the end of the span, and is the grace time for late data over?
pub async fn is_settled(
    context: &Context,
    listings: &[ObjectiveListing],
    span: Span,
    now: Instant,
) -> Result<bool, OpsError> {
    let grace = context.settings.report.grace_minutes;
    if now.minute() < span.end().plus(grace) {
        return Ok(false);
    }
    let settled: BTreeMap<_, _> = store::indicators::list_progress(&context.db)
        .await?
        .into_iter()
        .map(|progress| (progress.indicator, progress.settled))
        .collect();
    let is_read = |end: Minute, listing: &ObjectiveListing| {
        settled.get(&listing.indicator.id).copied().flatten().is_some_and(|minute| minute >= end)
    };
    Ok(listings.iter().all(|listing| is_read(span.end(), listing)))
}

async fn line(
    judge: &Judge,
    listing: &ObjectiveListing,
    agreement: &Agreement,
    period: Period,
    assessed: &Assessed,
) -> Result<report::Line, OpsError> {
    let (objective, indicator, judgement) = (&listing.objective, &listing.indicator, &assessed.judgement);
    let Tally { good, total, known, .. } = judgement.tally;
    let (target, unit) = (assessed.target, assessed.unit);
    Ok(report::Line {
        id: objective.id.0,
        name: objective.name.clone(),
        service: listing.service_name.clone(),
        kind: objective.kind,
        target,
        window: match objective.window {
            Window::Rolling(length) => length.to_string(),
            Window::Calendar => format!("calendar {}", agreement.period.word()),
        },
        estimated: indicator.query.is_estimated(),
        source: listing.source_name.clone(),
        query: indicator.query.to_string(),
        status: status_word(judgement.status),
        met: judgement.met,
        unit,
        good,
        bad: total - good,
        total,
        sli: sli(judgement, target),
        budget: report::Budget::of((good, total), unit, assessed.judged_minutes, target),
        burn_rate: wording::burn_rate(good, total, target),
        coverage: report::Coverage::of(known, assessed.judged_minutes),
        bounds: judgement.bounds.map(|bounds| report::Bounds {
            worst_percent: wording::sli_percent(bounds.worst.0, bounds.worst.1, Some(target)),
            best_percent: wording::sli_percent(bounds.best.0, bounds.best.1, Some(target)),
        }),
        previous: previous(judge, listing, period.previous()).await?,
        outages: outages(assessed),
        anomalies: tell_anomalies(judge.db(), listing, period.span()).await?,
        daily: assessed.days.iter().map(day).collect(),
        letter: report::Letter::of(assessed, phrases::events(objective.kind, &indicator.query).1),
    })
}

/// The slices of a span in order, with the unknown minutes between them.
pub fn with_unknown(slices: &[(Minute, Slice)], span: Span) -> impl Iterator<Item = (Minute, Option<Slice>)> {
    let mut known = slices.iter().peekable();
    span.iter().map(move |minute| {
        let slice = known.next_if(|(at, _)| *at == minute).map(|(_, slice)| *slice);
        (minute, slice)
    })
}

const fn status_word(status: Status) -> report::Status {
    match status {
        Status::Breached => report::Status::Breached,
        Status::AtRisk => report::Status::AtRisk,
        Status::NoData => report::Status::NoData,
        Status::Meeting => report::Status::Met,
    }
}

fn sli(judgement: &Judgement, target: crate::domain::target::Target) -> report::Sli {
    match judgement.sli {
        Sli::Unknown => report::Sli::Unknown,
        Sli::NoTraffic => report::Sli::NoTraffic,
        Sli::NotApplicable => report::Sli::NotApplicable,
        Sli::Measured { good, total } => report::Sli::Measured {
            percent: wording::sli_percent(good, total, Some(target)),
            interval: judgement.interval.map(|interval| report::Interval {
                low_percent: wording::estimated_percent(interval.low),
                high_percent: wording::estimated_percent(interval.high),
            }),
            too_little_data: judgement.interval.is_some_and(|interval| interval.undecided),
        },
    }
}

async fn previous(
    judge: &Judge,
    listing: &ObjectiveListing,
    before: Period,
) -> Result<Option<report::Previous>, OpsError> {
    let accounts = judge.accounts(listing, &[before.span()]).await?;
    let tally = accounts.first().map(|account| account.counted);
    Ok(tally.filter(|tally| tally.known > 0).map(|tally| report::Previous {
        label: before.label(),
        good: tally.good,
        total: tally.total,
        sli: report::Sli::of(tally.good, tally.total, tally.known, listing.objective.target),
    }))
}

/// The outages that cost most, in order of time.
fn outages(assessed: &Assessed) -> Vec<report::Outage> {
    let (kept, _) = outage::worst(assessed.outages.iter().map(|felt| felt.outage).collect(), OUTAGES_MAX);
    let kept = assessed.outages.iter().filter(|felt| kept.contains(&felt.outage));
    kept.map(|felt| {
        let Outage { span, bad, total, .. } = felt.outage;
        report::Outage {
            start: span.start().start(),
            end: span.end().start(),
            minutes: span.minutes(),
            bad,
            total,
            share_of_budget_percent: felt.share.map(|share| format!("{:.1}", share.to_f64() * 100.0)),
            cause: felt.cause.clone(),
            bad_percent: (total > 0).then(|| wording::share_percent(bad, total)),
        }
    })
    .collect()
}

fn day((day, inside, tally): &(Period, Span, Tally)) -> report::Day {
    report::Day {
        day: day.label(),
        start: inside.start().start(),
        good: tally.good,
        total: tally.total,
        known: tally.known,
    }
}
