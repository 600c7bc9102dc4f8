//! Judges an objective at any instant, over its own window or any other span.
//!
//! Where events are counted one by one, sums of hours answer, and minutes only for the hours that something cuts into.
//! Everything else is judged from the minutes: they are read once, and every window, look-back and chart asks the same [`Evidence`].

use crate::domain::account::Account;
use crate::domain::burn::AlertRule;
use crate::domain::calendar::Calendar;
use crate::domain::evidence::{Evidence, Part};
use crate::domain::exclusion::{self, Effect, Exclusion};
use crate::domain::ids::{AgreementId, IndicatorId, ObjectiveId};
use crate::domain::judgement::{Judgement, Terms, judge, lookbacks};
use crate::domain::ledger::Tally;
use crate::domain::model::{Objective, Window};
use crate::domain::spans::Spans;
use crate::domain::terms::{Counting, Method, Policy};
use crate::domain::time::{Minute, Span};
use crate::ops::reckon_once::Memo;
use crate::ops::{Context, Memos};
use crate::store::ledger::{Excerpt, Version};
use crate::store::objectives::ObjectiveListing;
use crate::store::{self, Db, StoreError};
use std::collections::BTreeMap;

/// The objective's window as it stands at the end of a minute: what has passed of it, and the whole.
#[must_use]
pub fn window_at(objective: &Objective, calendar: Calendar, end: Minute) -> (Span, Span) {
    match objective.window {
        Window::Rolling(length) => {
            let span = Span::ending(end, length.minutes());
            (span, span)
        }
        Window::Calendar => {
            let period = calendar.period_at(end.plus(-1).start()).span();
            (Span::new(period.start(), end), period)
        }
    }
}

/// What of a stretch of time is judged, and what is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The minutes that count.
    pub minutes: Spans,
    /// The minutes outside business hours.
    pub closed: i64,
    /// What exclusions do.
    pub effect: Effect,
}

/// Judges objectives under everything that is in force.
#[derive(Clone, Debug)]
pub struct Judge {
    db: Db,
    exclusions: Vec<Exclusion>,
    /// Objectives as a revision has them, for composites.
    members: Vec<Objective>,
    /// What was reckoned before, for pages.
    before: Option<Before>,
}

/// What was reckoned before, and whether it still holds.
#[derive(Clone, Debug)]
struct Before {
    memos: Memos,
    /// The versions of an agreement's ledgers, read before any of their minutes.
    versions: BTreeMap<IndicatorId, Version>,
}

/// What the spans of an objective came to. Whoever asks for as many spans from the same minute on asks for the same ones, but
/// that the last may have grown.
pub(super) type Accounts = Memo<(ObjectiveId, Minute, usize), (Grounds, Vec<Span>, Spans), Vec<Account>>;

/// Room for a year of days of each of a hundred objectives: about ten megabytes.
const ACCOUNTS_KEPT: u64 = 40_000;

pub(super) fn accounts_memo() -> Accounts {
    Memo::new(ACCOUNTS_KEPT, Vec::len)
}

/// What a judgement rests on besides the minutes that are judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Grounds {
    promise: Objective,
    /// The objectives whose events are counted, with their weights, and how often the ledger of each has changed.
    counted: Vec<(Objective, u32, i64)>,
}

impl Judge {
    /// With the exclusions that are approved now.
    pub async fn load(db: &Db) -> Result<Self, StoreError> {
        let exclusions = store::exclusions::approved(db).await?;
        Ok(Self { db: db.clone(), exclusions, members: Vec::new(), before: None })
    }

    /// For a page about an agreement: what was reckoned before is not reckoned again, if nothing has changed since.
    pub async fn for_pages(context: &Context, agreement: AgreementId) -> Result<Self, StoreError> {
        let versions = store::ledger::versions(&context.db, agreement).await?.into_iter().collect();
        let before = Some(Before { memos: context.memos.clone(), versions });
        Ok(Self { before, ..Self::load(&context.db).await? })
    }

    /// The same, as if these exclusions were approved too, or not at all.
    #[must_use]
    pub fn with(&self, exclusions: Vec<Exclusion>) -> Self {
        Self { exclusions, ..self.clone() }
    }

    /// The same, with the members of composites as they are among these rather than as they are today.
    #[must_use]
    pub fn among(&self, listings: &[ObjectiveListing]) -> Self {
        Self { members: listings.iter().map(|listing| listing.objective.clone()).collect(), ..self.clone() }
    }

    /// Where the ledger is.
    #[must_use]
    pub const fn db(&self) -> &Db {
        &self.db
    }

    /// What was reckoned before, if a page asks.
    pub(super) fn memos(&self) -> Option<&Memos> {
        self.before.as_ref().map(|before| &before.memos)
    }

    /// The exclusions in force.
    #[must_use]
    pub fn exclusions(&self) -> &[Exclusion] {
        &self.exclusions
    }

    /// What of a span is judged.
    #[must_use]
    pub fn judged(&self, listing: &ObjectiveListing, span: Span) -> Judged {
        let terms = &listing.agreement.terms;
        let zone = listing.agreement.zone;
        let open = terms.hours.as_ref().map_or_else(|| span.into(), |hours| hours.open(zone, span));
        let effect = exclusion::effect(self.exclusions_of(listing), &terms.rules, zone, span).within(&open);
        let minutes = open.minus(&effect.excluded);
        Judged { minutes, closed: span.minutes() - open.minutes(), effect }
    }

    fn exclusions_of<'a>(&'a self, listing: &'a ObjectiveListing) -> impl Iterator<Item = &'a Exclusion> {
        let (objective, agreement, service) = (listing.objective.id, listing.agreement.id, listing.indicator.service);
        self.exclusions.iter().filter(move |one| one.scope.holds(objective, agreement, service))
    }

    /// The terms that a span is judged by if it were a whole window.
    #[must_use]
    pub fn terms(&self, listing: &ObjectiveListing, whole: Span) -> Terms {
        terms(&listing.objective, whole, &self.judged(listing, whole).minutes)
    }

    /// The same for each of several spans, in their order: what is judged is looked up once for all of them.
    #[must_use]
    pub fn terms_each(&self, listing: &ObjectiveListing, wholes: &[Span]) -> Vec<Terms> {
        let judged = self.judged(listing, hull(wholes)).minutes;
        wholes.iter().map(|whole| terms(&listing.objective, *whole, &judged)).collect()
    }

    /// The objective's own window as it stands at the end of a minute, and its terms.
    #[must_use]
    pub fn window_at(&self, listing: &ObjectiveListing, end: Minute) -> (Span, Terms) {
        let (span, whole) = window_at(&listing.objective, listing.agreement.calendar(), end);
        (span, self.terms(listing, whole))
    }

    /// Judges the objective's own window as it stands at the end of a minute.
    pub async fn at(&self, listing: &ObjectiveListing, end: Minute) -> Result<Judgement, StoreError> {
        let (span, terms) = self.window_at(listing, end);
        self.over(listing, span, terms).await
    }

    /// Judges any span as if it were the objective's window; burn rates look back from its end.
    pub async fn over(&self, listing: &ObjectiveListing, span: Span, terms: Terms) -> Result<Judgement, StoreError> {
        let rules = listing.objective.terms.rules(terms.window_minutes, terms.target);
        let accounts = self.accounts(listing, &spans_of(span, &rules)).await?;
        Ok(judged_from(terms, &rules, span, accounts))
    }

    /// What each span comes to, in the order asked.
    pub async fn accounts(&self, listing: &ObjectiveListing, spans: &[Span]) -> Result<Vec<Account>, StoreError> {
        let hull = hull(spans);
        let judged = self.judged(listing, hull).minutes;
        let Some(before) = &self.before else { return self.reckon(listing, spans, hull, judged).await };
        let key = (listing.objective.id, hull.start(), spans.len());
        let facts = (self.grounds(listing).await?, spans.to_vec(), judged.clone());
        before.memos.accounts.once(key, facts, self.reckon(listing, spans, hull, judged)).await
    }

    /// The first known minute of an indicator; nothing if nothing is known.
    pub async fn first(&self, indicator: IndicatorId) -> Result<Option<Minute>, StoreError> {
        let Some(before) = &self.before else { return store::ledger::first(&self.db, indicator).await };
        before.memos.shelf.first(&self.db, indicator, &self.version(indicator).await?).await
    }

    /// The hours of an indicator that have a minute inside `span`.
    pub async fn excerpt(&self, indicator: IndicatorId, span: Span) -> Result<Excerpt, StoreError> {
        let Some(before) = &self.before else { return Excerpt::read(&self.db, indicator, span).await };
        let version = self.version(indicator).await?;
        Box::pin(before.memos.shelf.excerpt(&self.db, indicator, &version, span)).await
    }

    /// What the ledger says about each span, in the order asked; `hull` holds all of them.
    async fn tallies(&self, indicator: IndicatorId, spans: &[Span], hull: Span) -> Result<Vec<Tally>, StoreError> {
        if self.before.is_none() {
            return store::ledger::tallies(&self.db, indicator, spans).await;
        }
        self.excerpt(indicator, hull).await?.tallies(spans)
    }

    /// What the objective's judgements rest on now. To be read before the minutes.
    pub async fn grounds(&self, listing: &ObjectiveListing) -> Result<Grounds, StoreError> {
        let mut counted = Vec::new();
        for (objective, weight) in self.counted(listing).await? {
            let version = self.version(objective.indicator).await?;
            counted.push((objective, weight, version.changes));
        }
        Ok(Grounds { promise: listing.objective.clone(), counted })
    }

    /// The version of an indicator's ledger: the one that was read for the whole page, or else that of now.
    pub async fn version(&self, indicator: IndicatorId) -> Result<Version, StoreError> {
        match self.before.as_ref().and_then(|before| before.versions.get(&indicator)) {
            Some(version) => Ok(*version),
            None => store::ledger::version(&self.db, indicator).await,
        }
    }

    async fn reckon(
        &self,
        listing: &ObjectiveListing,
        spans: &[Span],
        hull: Span,
        judged: Spans,
    ) -> Result<Vec<Account>, StoreError> {
        if is_plain(&listing.objective) {
            // sums answer for whatever is left of each span
            let pieces: Vec<Spans> = spans.iter().map(|span| judged.within(*span)).collect();
            let all: Vec<Span> = pieces.iter().flat_map(Spans::as_slice).copied().collect();
            let mut tallies = self.tallies(listing.indicator.id, &all, hull).await?.into_iter();
            let sum = |pieces: &Spans| tallies.by_ref().take(pieces.as_slice().len()).sum();
            return Ok(pieces.iter().map(sum).map(Account::of_events).collect());
        }
        // nobody asks this evidence for more than what is judged
        let evidence = self.evidence_of(listing, (hull, &judged.clone()), judged).await?;
        Ok(spans.iter().map(|span| evidence.account(*span)).collect())
    }

    /// Everything about the objective in a span, in memory: about two kilobytes an hour and member.
    pub async fn evidence(&self, listing: &ObjectiveListing, span: Span) -> Result<Evidence, StoreError> {
        let judged = self.judged(listing, span).minutes;
        self.evidence_of(listing, (span, &span.into()), judged).await
    }

    /// From the hours of a span of which a minute is wanted.
    async fn evidence_of(
        &self,
        listing: &ObjectiveListing,
        hours: (Span, &Spans),
        judged: Spans,
    ) -> Result<Evidence, StoreError> {
        let objective = &listing.objective;
        let Some(composite) = &objective.terms.composite else {
            return Ok(Evidence::of_one(self.part(objective, 1, hours).await?, judged));
        };
        let mut parts = Vec::with_capacity(composite.members().len());
        for (member, weight) in self.counted(listing).await? {
            parts.push(self.part(&member, weight, hours).await?);
        }
        let counting = objective.terms.counting;
        Ok(Evidence::of_members(parts, composite.rule(), counting, objective.target, judged))
    }

    /// The objectives whose events are counted, with their weights: the objective itself, or the members of a composite.
    async fn counted(&self, listing: &ObjectiveListing) -> Result<Vec<(Objective, u32)>, StoreError> {
        let Some(composite) = &listing.objective.terms.composite else {
            return Ok(vec![(listing.objective.clone(), 1)]);
        };
        let mut counted = Vec::with_capacity(composite.members().len());
        for (id, weight) in composite.members() {
            // a member that was archived is kept with its counts
            let member = match self.members.iter().find(|one| one.id == *id) {
                Some(member) => Some(member.clone()),
                None => store::objectives::find(&self.db, *id).await?,
            };
            let member = member.ok_or_else(|| StoreError::NotFound { what: "objective", id: id.to_string() })?;
            counted.push((member, *weight));
        }
        Ok(counted)
    }

    async fn part(
        &self,
        objective: &Objective,
        weight: u32,
        (span, wanted): (Span, &Spans),
    ) -> Result<Part, StoreError> {
        let sheet = self.excerpt(objective.indicator, span).await?.sheet(wanted)?;
        Ok(Part { sheet, counting: objective.terms.counting, target: objective.target, weight })
    }
}

/// The same as [`Judge::over`] from evidence that is at hand, and reaches as far back as the longest look-back.
#[must_use]
pub fn over(evidence: &Evidence, objective: &Objective, span: Span, terms: Terms) -> Judgement {
    let rules = objective.terms.rules(terms.window_minutes, terms.target);
    let accounts = spans_of(span, &rules).into_iter().map(|span| evidence.account(span)).collect();
    judged_from(terms, &rules, span, accounts)
}

/// The span itself, and every look-back from its end.
fn spans_of(span: Span, rules: &[AlertRule]) -> Vec<Span> {
    let recent = lookbacks(rules).into_iter().map(|minutes| Span::ending(span.end(), minutes));
    std::iter::once(span).chain(recent).collect()
}

/// From the accounts of [`spans_of`].
fn judged_from(terms: Terms, rules: &[AlertRule], span: Span, accounts: Vec<Account>) -> Judgement {
    let mut accounts = accounts.into_iter();
    let account = accounts.next().unwrap_or_default();
    let recent: Vec<_> = lookbacks(rules).into_iter().zip(accounts.map(|account| account.counted)).collect();
    judge(terms, rules, span, account, &recent)
}

/// Do sums of hours answer for it, where nothing is taken out?
#[must_use]
pub fn is_plain(objective: &Objective) -> bool {
    let Counting { method, unknown, .. } = objective.terms.counting;
    method == Method::Occurrences && unknown == Policy::Excluded && objective.terms.composite.is_none()
}

fn terms(objective: &Objective, whole: Span, judged: &Spans) -> Terms {
    Terms {
        target: objective.target,
        window_minutes: whole.minutes(),
        judged_minutes: judged.minutes_in(whole),
        counting: objective.terms.counting,
    }
}

/// The shortest span that holds all of them.
fn hull(spans: &[Span]) -> Span {
    let inside = || spans.iter().filter(|span| !span.is_empty());
    let start = inside().map(|span| span.start()).min();
    let end = inside().map(|span| span.end()).max();
    start.zip(end).map_or_else(|| Span::new(Minute(0), Minute(0)), |(start, end)| Span::new(start, end))
}
