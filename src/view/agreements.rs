//! Agreements: the list, the contract sheet, and the form that defines them.

use super::assessment::WholeView;
use super::audit::Change;
use super::overview::ObjectiveRow;
use super::preview::{LookedUp, ObjectivePreview};
use super::reports::ReportRow;
use super::{Choice, Fact, Field, Form, Link, Progress, Shell, Status};
use crate::domain::calendar::PeriodKind;
use crate::domain::credit::templates;
use crate::language::say;
use crate::language::{filters, word};
use askama::Template;

/// `/agreements`. Query: `archived=1` shows the archived ones.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/agreements/list.html")]
pub struct AgreementsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The agreements.
    pub rows: Vec<AgreementRow>,
    /// Are the archived ones shown?
    pub shows_archived: bool,
    /// How many archived ones there are.
    pub archived_count: usize,
    /// May this person define one?
    pub can_edit: bool,
}

/// One agreement in the list.
#[derive(Clone, Debug)]
pub struct AgreementRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// With whom.
    pub customer: String,
    /// Who answers for it.
    pub owner: String,
    /// Its current period: `November 2026`.
    pub period: String,
    /// The worst status of its objectives so far.
    pub status: Status,
    /// How many objectives are met: `3 of 4`.
    pub met: String,
    /// Its newest report.
    pub last_report: Option<Link>,
    /// Is it archived?
    pub is_archived: bool,
}

/// `/agreements/{id}`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/agreements/show.html")]
pub struct AgreementPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// With whom.
    pub customer: String,
    /// The worst status of its objectives in the current period.
    pub status: Status,
    /// The terms: customer, owner, zone, period, report, recipients, in force since.
    pub terms: Vec<Fact>,
    /// The current period's label: `November 2026`.
    pub current_label: String,
    /// Its word in addresses: `2026-11`.
    pub current_period: String,
    /// The current period so far, in one sentence.
    pub current_verdict: String,
    /// How much of it has passed.
    pub current_progress: Progress,
    /// The current period as a whole.
    pub whole: WholeView,
    /// Its objectives.
    pub objectives: Vec<ObjectiveRow>,
    /// Names of the objectives that head the columns of [`Self::past`].
    pub past_heads: Vec<Link>,
    /// Past periods, the newest first.
    pub past: Vec<PastPeriod>,
    /// Its reports, the newest first.
    pub reports: Vec<ReportRow>,
    /// Is it archived?
    pub is_archived: bool,
    /// May this person change it?
    pub can_edit: bool,
}

/// One past period of an agreement.
#[derive(Clone, Debug)]
pub struct PastPeriod {
    /// Its label: `October 2026`.
    pub label: String,
    /// Its word in addresses: `2026-10`.
    pub period: String,
    /// The worst status of its objectives.
    pub status: Status,
    /// Each objective's verdict, in the order of the heads.
    pub cells: Vec<PastCell>,
    /// Its report, if there is one.
    pub report: Option<Link>,
}

/// One objective's verdict in a past period.
#[derive(Clone, Debug)]
pub struct PastCell {
    /// Met or not.
    pub status: Status,
    /// What was measured: `99.982 %`, or why there is nothing.
    pub sli: String,
    /// Known share of the period, if it is not all: `98.1 % known`.
    pub coverage: Option<String>,
}

/// `/agreements/{id}/revisions`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/agreements/revisions.html")]
pub struct RevisionsPage {
    /// What stands around it.
    pub shell: Shell,
    /// The agreement's id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The revisions, the newest first.
    pub revisions: Vec<RevisionCard>,
    /// May this person withdraw what waits?
    pub can_edit: bool,
}

/// One revision of an agreement.
#[derive(Clone, Debug)]
pub struct RevisionCard {
    /// Its number, from 1.
    pub number: i64,
    /// From when on it holds: `from 2026-12-01`, `from the beginning`.
    pub effective: String,
    /// When it was decided, with the zone.
    pub made_at: String,
    /// By whom; `Nines` for what it did by itself.
    pub made_by: String,
    /// What that person wrote about it; may be empty.
    pub note: String,
    /// Is it the one in force?
    pub is_in_force: bool,
    /// Does it wait for its moment?
    pub is_pending: bool,
    /// What it changed; nothing for the first.
    pub changes: Option<Vec<Change>>,
}

/// `/agreements/new` and `/agreements/{id}/edit`.
///
/// Fields: `name`, `customer`, `owner`, `zone`, `period` and `report-every` (`month`, `week`), `recipients` (one per line);
/// for each number of the group `objective`: `objective-N-kind` (a word of `ObjectiveKind`), `-id`, `-name`, `-service`,
/// `-source`, `-total`, `-part`, `-part-is` (`bad`, `good`), `-histogram`, `-threshold`, `-percentiles`, `-gauge`,
/// `-within-ms`, `-at-least`, `-level`, `-limit-is` (`at-most`, `at-least`), `-limit`, `-target`, `-window`. When an
/// agreement is changed, `effective` (a day) and `note` say from when on and why. Buttons named `action`: `add-objective`, `remove-objective-N`, `preview` (`live-preview` for the script),
/// `look-up-objective-N` (asks its source), `import-openslo` (fills the form from the field `openslo`), `suggest-objective-N` (puts the hidden `objective-N-suggested` into the target), `save`. A hidden `basis` says which state of the agreement the form was opened on.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/agreements/form.html")]
pub struct AgreementFormPage {
    /// What stands around it.
    pub shell: Shell,
    /// The agreement that is changed; none for a new one.
    pub id: Option<i64>,
    /// What was typed.
    pub form: Form,
    /// Names of all services, offered while typing.
    pub services: Vec<String>,
    /// Names of all zones, offered while typing.
    pub zones: Vec<String>,
    /// The sources to choose from: id, and name with kind.
    pub sources: Vec<Choice>,
    /// What the last weeks would have come to; empty unless a preview was asked for.
    pub previews: Vec<ObjectivePreview>,
    /// What a source knows; none unless it was asked.
    pub looked_up: Option<LookedUp>,
    /// What an imported document has filled in, and what it could not; empty unless one was imported.
    pub imported: Vec<String>,
}

/// The fields of one objective in the form.
#[derive(Clone, Debug)]
pub struct ObjectiveFields {
    /// Its number in the group, as in the names of its fields.
    pub number: usize,
    /// Its place in the form, counted from 1.
    pub place: usize,
    /// The stored objective's id; empty for a new one.
    pub id: Field,
    /// Kind of promise.
    pub kind: Field,
    /// Name.
    pub name: Field,
    /// Name of the service.
    pub service: Field,
    /// Id of the source.
    pub source: Field,
    /// All events.
    pub total: Field,
    /// The part counted beside it.
    pub part: Field,
    /// `bad` or `good`.
    pub part_is: Field,
    /// The histogram's selector.
    pub histogram: Field,
    /// The bound in the histogram's unit.
    pub threshold: Field,
    /// Percentiles with their times, each of which makes an objective of its own.
    pub percentiles: Field,
    /// The selector of a gauge that is 1 when up.
    pub gauge: Field,
    /// For a probe: how fast the right answer must come, in milliseconds.
    pub within_ms: Field,
    /// The least number of requests per second.
    pub at_least: Field,
    /// A gauge's selector, or an expression.
    pub level: Field,
    /// `at-most` or `at-least`.
    pub limit_is: Field,
    /// The level's limit in the gauge's own unit.
    pub limit: Field,
    /// Percentage.
    pub target: Field,
    /// A length such as `30d`, or `period`.
    pub window: Field,
    /// The budgeting method.
    pub method: Field,
    /// Length of a slice in minutes.
    pub slice: Field,
    /// From which share on a slice is good.
    pub slice_target: Field,
    /// Slices without requests: `good`, `excluded`, `bad`.
    pub no_requests: Field,
    /// Unknown slices: `good`, `excluded`, `bad`.
    pub unknown: Field,
    /// Bad slices in a row that are downtime.
    pub consecutive: Field,
    /// Requests that a slice needs to be bad.
    pub down_requests: Field,
    /// Group in the agreement.
    pub group: Field,
    /// Weight in the agreement.
    pub weight: Field,
    /// `on` if credits go by it.
    pub earns_credit: Field,
    /// Burn-rate alerts, one on a line.
    pub alerts: Field,
    /// How a composite is made: `any_bad`, `weighted`.
    pub rule: Field,
    /// What a composite is made of, one on a line.
    pub members: Field,
}

impl AgreementFormPage {
    /// Where the form is sent.
    #[must_use]
    pub fn action(&self) -> String {
        self.id.map_or_else(|| "/agreements/new".to_owned(), |id| format!("/agreements/{id}/edit"))
    }

    /// Is anything typed into these fields, or wrong with them? Then the part stands open.
    #[must_use]
    pub fn has_any(&self, names: &[&str]) -> bool {
        let is_usual = |name: &str, value: &str| {
            matches!((name, value), (_, "") | ("period-day" | "period-month", "1") | ("week-starts", "monday"))
        };
        names.iter().any(|name| {
            let field = self.form.field(name);
            field.problem.is_some() || !is_usual(name, &field.value)
        })
    }

    /// The forms of contract to start from: word and name.
    #[must_use]
    pub fn templates(&self) -> Vec<Choice> {
        templates::Template::ALL.iter().map(|template| Choice::new(template.key, word(template.name))).collect()
    }

    /// The previews of the objective with that number: several where percentiles make several of it.
    #[must_use]
    pub fn previews_of(&self, number: &usize) -> Vec<&ObjectivePreview> {
        self.previews.iter().filter(|preview| preview.number == *number).collect()
    }

    /// What the source of the objective with that number was found to know.
    #[must_use]
    pub fn looked_up_of(&self, number: &usize) -> Option<&LookedUp> {
        self.looked_up.as_ref().filter(|found| found.number == *number)
    }

    /// The kinds of calendar period, for choosing one.
    #[must_use]
    pub fn periods(&self, with_day: bool) -> Vec<Choice> {
        let kinds = PeriodKind::ALL.into_iter().filter(|kind| with_day || *kind != PeriodKind::Day);
        kinds.map(|kind| Choice::new(kind.word(), say!("calendar {period}", word(kind.word())))).collect()
    }

    /// The number that another objective would get.
    #[must_use]
    pub fn next_number(&self) -> usize {
        self.form.group("objective").last().map_or(0, |last| last.saturating_add(1))
    }

    /// The objectives, in order.
    #[must_use]
    pub fn objectives(&self) -> Vec<ObjectiveFields> {
        let numbers = self.form.group("objective");
        numbers.into_iter().zip(1..).map(|(number, place)| ObjectiveFields::of(&self.form, number, place)).collect()
    }
}

impl ObjectiveFields {
    fn of(form: &Form, number: usize, place: usize) -> Self {
        let field = |name: &str| form.field(&format!("objective-{number}-{name}"));
        Self {
            number,
            place,
            id: field("id"),
            kind: field("kind"),
            name: field("name"),
            service: field("service"),
            source: field("source"),
            total: field("total"),
            part: field("part"),
            part_is: field("part-is"),
            histogram: field("histogram"),
            threshold: field("threshold"),
            percentiles: field("percentiles"),
            gauge: field("gauge"),
            within_ms: field("within-ms"),
            at_least: field("at-least"),
            level: field("level"),
            limit_is: field("limit-is"),
            limit: field("limit"),
            target: field("target"),
            window: field("window"),
            method: field("method"),
            slice: field("slice"),
            slice_target: field("slice-target"),
            no_requests: field("no-requests"),
            unknown: field("unknown"),
            consecutive: field("consecutive"),
            down_requests: field("down-requests"),
            group: field("group"),
            weight: field("weight"),
            earns_credit: field("earns-credit"),
            alerts: field("alerts"),
            rule: field("rule"),
            members: field("members"),
        }
    }

    /// Is anything typed into the part for those who count by the letter? Then it stands open.
    #[must_use]
    pub fn has_letter(&self) -> bool {
        let usual = |field: &Field, usual: &str| field.value.is_empty() || field.value == usual;
        let plain = usual(&self.method, "occurrences")
            && usual(&self.no_requests, "good")
            && usual(&self.unknown, "excluded")
            && usual(&self.consecutive, "1")
            && usual(&self.down_requests, "1")
            && usual(&self.group, "")
            && usual(&self.weight, "1")
            && usual(&self.earns_credit, "")
            && usual(&self.alerts, "");
        let fields = [&self.slice, &self.slice_target, &self.consecutive, &self.alerts, &self.weight];
        !plain || fields.iter().any(|field| field.problem.is_some())
    }

    /// Is its kind this word? The first kind when none was chosen.
    #[must_use]
    pub fn is_kind(&self, word: &str) -> bool {
        self.kind.is(word) || (self.kind.value.is_empty() && word == "availability")
    }
}
