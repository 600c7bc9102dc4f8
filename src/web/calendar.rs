//! A year of days of an objective or an agreement, as a page and as a file.

use crate::domain::calendar::{Period, PeriodKind};
use crate::domain::day::{DayVerdict, whole_percent};
use crate::domain::ids::AgreementId;
use crate::domain::judgement::{Budget, Judgement};
use crate::domain::model::Agreement;
use crate::domain::ratio::Ratio;
use crate::domain::time::Minute;
use crate::domain::wording::{self, counted};
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::evaluate::judged_until;
use crate::ops::export_days::export_days;
use crate::ops::judge::Judge;
use crate::ops::judge_days::judge_days;
use crate::ops::judge_periods::JudgedPeriod;
use crate::ops::terms_in_force::live_objectives;
use crate::store;
use crate::store::objectives::ObjectiveListing;
use crate::view::calendar::{CalendarPage, DayCell, Month};
use crate::view::{DataTable, Help, Link, Section, Shell};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, objective, standing};
use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web::{Data, Path, Query};
use chrono::Datelike as _;
use serde::Deserialize;

/// Which year; without it, the present one.
#[derive(Debug, Deserialize)]
pub struct Asked {
    year: Option<String>,
}

/// GET `/objectives/{id}/calendar`.
pub async fn of_objective(
    _: SignedIn,
    frame: Frame,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<Html<CalendarPage>, WebError> {
    let facts = Facts::of_objective(&state, *path, &asked, Use::Page).await?;
    Ok(Html(facts.page(frame.shell)))
}

/// GET `/objectives/{id}/calendar.csv`.
pub async fn file_of_objective(
    _: SignedIn,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    Facts::of_objective(&state, *path, &asked, Use::File).await?.file(&format!("objective-{path}"))
}

/// GET `/agreements/{id}/calendar`.
pub async fn of_agreement(
    _: SignedIn,
    frame: Frame,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<Html<CalendarPage>, WebError> {
    let facts = Facts::of_agreement(&state, *path, &asked, Use::Page).await?;
    Ok(Html(facts.page(frame.shell)))
}

/// GET `/agreements/{id}/calendar.csv`.
pub async fn file_of_agreement(
    _: SignedIn,
    state: Data<State>,
    path: Path<i64>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    Facts::of_agreement(&state, *path, &asked, Use::File).await?.file(&format!("agreement-{path}"))
}

/// What a calendar is made for: files are always reckoned anew.
#[derive(Clone, Copy)]
enum Use {
    Page,
    File,
}

/// Everything that a calendar is made of.
struct Facts {
    agreement: Agreement,
    listings: Vec<ObjectiveListing>,
    is_agreement: bool,
    year: Period,
    /// The days that have begun, in order.
    days: Vec<JudgedPeriod>,
    end: Minute,
    /// Does an earlier year hold data?
    has_earlier: bool,
}

impl Use {
    async fn judge(self, state: &State, agreement: AgreementId) -> Result<Judge, WebError> {
        Ok(match self {
            Self::Page => Judge::for_pages(state, agreement).await?,
            Self::File => Judge::load(&state.db).await?,
        })
    }
}

impl Facts {
    async fn of_objective(state: &State, id: i64, asked: &Asked, made_for: Use) -> Result<Self, WebError> {
        let listing = objective::find(state, id).await?;
        let judge = made_for.judge(state, listing.agreement.id).await?;
        Self::gather((state, &judge), listing.agreement.clone(), vec![listing], false, asked).await
    }

    async fn of_agreement(state: &State, id: i64, asked: &Asked, made_for: Use) -> Result<Self, WebError> {
        let found = store::agreements::find(&state.db, AgreementId(id)).await?;
        let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
        let listings = live_objectives(&state.db, &agreement).await?;
        let judge = made_for.judge(state, agreement.id).await?;
        Self::gather((state, &judge), agreement, listings, true, asked).await
    }

    async fn gather(
        (state, judge): (&State, &Judge),
        agreement: Agreement,
        listings: Vec<ObjectiveListing>,
        is_agreement: bool,
        asked: &Asked,
    ) -> Result<Self, WebError> {
        let end = judged_until(state.clock.now());
        let year = year(asked.year.as_deref(), &agreement, end)?;
        let days = judge_days(judge, &agreement, &listings, &year, end).await?;
        let mut has_earlier = false;
        for listing in &listings {
            let first = judge.first(listing.indicator.id).await?;
            has_earlier |= first.is_some_and(|first| first < year.span().start());
        }
        Ok(Self { agreement, listings, is_agreement, year, days, end, has_earlier })
    }

    fn path(&self) -> String {
        match self.listings.first().filter(|_| !self.is_agreement) {
            Some(listing) => format!("/objectives/{}/calendar", listing.objective.id),
            None => format!("/agreements/{}/calendar", self.agreement.id.0),
        }
    }

    fn file(&self, name: &str) -> Result<HttpResponse, WebError> {
        let text = export_days(&self.agreement, &self.listings, &self.days, self.end)?;
        let name = format!("nines-{name}-days-{}.csv", self.year.label());
        Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
            .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .body(text))
    }

    fn page(&self, shell: Shell) -> CalendarPage {
        let (path, year) = (self.path(), self.year.label());
        let one = self.listings.first().filter(|_| !self.is_agreement);
        let name = one.map_or(&self.agreement.name, |listing| &listing.objective.name).clone();
        let mut crumbs = vec![Link::new(format!("/agreements/{}", self.agreement.id.0), &self.agreement.name)];
        crumbs.extend(one.map(|listing| Link::new(format!("/objectives/{}", listing.objective.id), &name)));
        let (section, help) = match one {
            Some(_) => (Section::Overview, Help::OBJECTIVE),
            None => (Section::Agreements, Help::AGREEMENTS),
        };
        let days: Vec<Told> = self.year.days().iter().map(|day| self.told(*day)).collect();
        let rule =
            || say!("A day is missed if any objective missed it; its figure is that of the objective that used most.");
        let turn = |year: Period| format!("{path}?year={}", year.label());
        CalendarPage {
            shell: shell.page(say!("{name}, {year}", name, year), section, Some(help)),
            crumbs,
            verdict: verdict(&days),
            rule: if self.is_agreement { rule() } else { String::new() },
            previous: self.has_earlier.then(|| turn(self.year.previous())),
            next: (self.year.span().end() < self.end).then(|| turn(self.year.next())),
            months: months(&days),
            table: table(&days),
            zone: self.agreement.zone.name().to_owned(),
            name,
            path,
            year,
        }
    }

    /// What became of a day, and where it is told.
    fn told(&self, day: Period) -> Told {
        let judged = self.days.binary_search_by_key(&day.first_day(), |one| one.period.first_day()).ok();
        let judgements = judged.and_then(|at| self.days.get(at)).map_or(&[][..], |one| one.judgements.as_slice());
        let (end, begun) = (self.end, self.agreement.created_at);
        let gravest = judgements.iter().map(|one| DayVerdict::of(Some(one), day.span(), end, begun)).min();
        let verdict = gravest.unwrap_or_else(|| DayVerdict::of(None, day.span(), end, begun));
        let pairs = || self.listings.iter().zip(judgements);
        let costliest =
            pairs().filter(|(_, one)| one.budget.is_some()).reduce(|a, b| if costs_more(b.1, a.1) { b } else { a });
        let missed =
            pairs().filter(|(_, one)| one.met == Some(false)).map(|(listing, _)| listing.objective.name.as_str());
        let label = day.label();
        Told {
            verdict,
            is_running: day.span().contains(end.plus(-1)) && day.span().end() > end,
            href: costliest
                .or_else(|| pairs().next())
                .filter(|_| verdict != DayVerdict::Before)
                .map(|(listing, _)| format!("/objectives/{}?from={label}&to={label}", listing.objective.id)),
            used: costliest.and_then(|(_, one)| one.budget).map(|budget| used(&budget)),
            sli: costliest.map_or_else(
                || "–".to_owned(),
                |(l, one)| standing::measured(l.objective.kind, l.objective.target, &one.tally),
            ),
            missed_by: if self.is_agreement {
                missed.collect::<Vec<_>>().join(language::word(", "))
            } else {
                String::new()
            },
            day,
        }
    }
}

/// Compares two shares, neither of which is rounded.
fn costs_more(one: &Judgement, other: &Judgement) -> bool {
    let share = |judgement: &Judgement| judgement.budget.as_ref().map(Budget::consumed);
    match (share(one), share(other)) {
        (Some(one), Some(other)) => one.to_f64() > other.to_f64(),
        (one, other) => one.is_some() && other.is_none(),
    }
}

/// The whole percent of the day's budget that was used.
fn used(budget: &Budget) -> i128 {
    let share: Ratio = budget.consumed();
    whole_percent(share)
}

/// A day as it is told.
struct Told {
    day: Period,
    verdict: DayVerdict,
    is_running: bool,
    used: Option<i128>,
    sli: String,
    missed_by: String,
    href: Option<String>,
}

impl Told {
    fn said(&self) -> String {
        let said = language::word(self.verdict.said());
        if self.is_running { say!("{verdict} so far", said) } else { said.to_owned() }
    }

    fn cell(&self) -> DayCell {
        let percent = |used: i128| wording::grouped(&used.to_string());
        let used = self.used.map(|used| say!(", {percent} % of the day’s budget used", percent(used)));
        let by = if self.missed_by.is_empty() { String::new() } else { say!(", by {objectives}", self.missed_by) };
        let said = say!("{day}: {verdict}", wording::period_name(&self.day), self.said().to_lowercase());
        DayCell {
            number: self.day.first_day().day().to_string(),
            verdict: self.verdict,
            used: self.used.map(in_brief).unwrap_or_default(),
            words: said + &by + &used.unwrap_or_default(),
            href: self.href.clone(),
        }
    }
}

/// What fits into a day's square.
fn in_brief(percent: i128) -> String {
    if percent > 999 { ">999 %".to_owned() } else { format!("{percent} %") }
}

/// The year in a sentence.
fn verdict(days: &[Told]) -> String {
    let many = |verdict: DayVerdict| {
        i64::try_from(days.iter().filter(|day| day.verdict == verdict).count()).unwrap_or(i64::MAX)
    };
    let (met, missed) = (many(DayVerdict::Met), many(DayVerdict::Missed));
    let (silent, unknown, out) =
        (many(DayVerdict::NoRequests), many(DayVerdict::Unknown), many(DayVerdict::NotApplicable));
    if met + missed == 0 {
        return say!("No day of this year was measured, so none was met or missed.");
    }
    let all = counted(met + missed, "day was measured", "days were measured");
    let others = [
        (unknown, "day without data", "days without data"),
        (silent, "day without requests", "days without requests"),
        (out, "day not applicable", "days not applicable"),
    ];
    let others = others.iter().filter(|(n, ..)| *n > 0).map(|(n, one, many)| counted(*n, one, many));
    let others: Vec<String> = others.collect();
    let told = say!("{days_were_measured}: {met} met the target, {missed} missed it.", all, met, missed);
    match others.as_slice() {
        [] => told,
        others => told + &say!(" Besides: {days}.", others.join(language::word(", "))),
    }
}

/// The year's months as sheets from Monday.
fn months(days: &[Told]) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    let mut last = 0;
    for told in days {
        let date = told.day.first_day();
        if date.month() != last {
            last = date.month();
            let month = Period::containing(PeriodKind::Month, told.day.zone(), told.day.span().start().start());
            months.push(Month { name: wording::period_name(&month), weeks: Vec::new() });
        }
        let column = usize::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
        if let Some(month) = months.last_mut() {
            if column == 0 || month.weeks.is_empty() {
                month.weeks.push(vec![None; 7]);
            }
            if let Some(slot) = month.weeks.last_mut().and_then(|week| week.get_mut(column)) {
                *slot = (!told.day.span().is_empty()).then(|| told.cell());
            }
        }
    }
    months
}

/// The same as a list, the newest first.
fn table(days: &[Told]) -> DataTable {
    let begun = days.iter().rev().filter(|day| !matches!(day.verdict, DayVerdict::Ahead | DayVerdict::Before));
    let row = |told: &Told| {
        let used =
            told.used.map_or_else(|| "–".to_owned(), |used| format!("{} %", wording::grouped(&used.to_string())));
        let verdict = if told.missed_by.is_empty() {
            told.said()
        } else {
            say!("{missed} by {objectives}", told.said(), told.missed_by)
        };
        vec![told.day.label(), verdict, told.sli.clone(), used]
    };
    DataTable {
        head: vec![say!("Day"), say!("Verdict"), say!("Measured"), say!("Budget used")],
        rows: begun.map(row).collect(),
    }
}

/// The year that is asked for, in the agreement's zone: from January, whatever the fiscal year.
fn year(text: Option<&str>, agreement: &Agreement, end: Minute) -> Result<Period, WebError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty());
    let Some(text) = text else {
        return Ok(Period::containing(PeriodKind::Year, agreement.zone, end.plus(-1).start()));
    };
    let parsed = Period::parse(text, agreement.zone).ok().filter(|period| period.kind() == PeriodKind::Year);
    parsed.ok_or_else(|| WebError::refused(say!("Please write “year” as four digits, such as 2026.")))
}
