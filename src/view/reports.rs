//! Reports: the list, a stored report with its deliveries, and a preview.

use super::{Badge, Choice, Fact, Form, Link, Pager, Shell, Status};
use crate::language::filters;
use askama::Template;

/// `/reports`. Query: `agreement` (an id), `customer`, `period` (the beginning of its word), `verdict` (a word), `page`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reports/list.html")]
pub struct ReportsPage {
    /// What stands around it.
    pub shell: Shell,
    /// Only this agreement's, by id; empty for all.
    pub agreement: String,
    /// All agreements: id and name.
    pub agreements: Vec<Choice>,
    /// Only this customer's; empty for all.
    pub customer: String,
    /// All customers by name.
    pub customers: Vec<String>,
    /// Only those of periods whose word begins so; empty for all.
    pub period: String,
    /// Only those with this verdict; empty for all.
    pub verdict: String,
    /// All verdicts: word and label.
    pub verdicts: Vec<Choice>,
    /// Where everything about the chosen customer comes as one file; nothing without a choice.
    pub archive: Option<String>,
    /// The reports, the newest first.
    pub rows: Vec<ReportRow>,
    /// Turns the pages.
    pub pager: Pager,
}

impl ReportsPage {
    /// Is anything left out?
    #[must_use]
    pub fn is_filtered(&self) -> bool {
        [&self.agreement, &self.customer, &self.period, &self.verdict].iter().any(|text| !text.is_empty())
    }
}

/// `/reports/compare?a=6000&b=6001`: two reports side by side; with `all`, what is the same too.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reports/compare.html")]
pub struct ComparePage {
    /// What stands around it.
    pub shell: Shell,
    /// The two.
    pub reports: [ComparedReport; 2],
    /// What each claims.
    pub rows: Vec<ComparedRow>,
    /// Are claims shown that both make alike?
    pub shows_alike: bool,
    /// How many claims both make alike.
    pub alike: String,
    /// The same page with more, or with less.
    pub other: Link,
    /// Both, exchanged.
    pub exchanged: String,
}

/// One of two reports that are compared.
#[derive(Clone, Debug)]
pub struct ComparedReport {
    /// Which: agreement, period and revision.
    pub link: Link,
    /// Its verdict.
    pub status: Status,
    /// When it was made.
    pub made_at: String,
}

/// A claim of two reports.
#[derive(Clone, Debug)]
pub struct ComparedRow {
    /// Which.
    pub what: String,
    /// What the first says.
    pub first: String,
    /// What the second says.
    pub second: String,
    /// Do they differ?
    pub differs: bool,
}

/// One report in a list.
#[derive(Clone, Debug)]
pub struct ReportRow {
    /// Its id.
    pub id: i64,
    /// Its number in its agreement: `no. 12`.
    pub number: String,
    /// Its period: `Week 46, 9 to 15 Nov 2026`.
    pub period: String,
    /// Its agreement.
    pub agreement: Link,
    /// The verdict.
    pub status: Status,
    /// How many objectives are met: `3 of 4`; nothing if it was removed.
    pub met: Option<String>,
    /// Is it provisional?
    pub is_provisional: bool,
    /// When it was made.
    pub made_at: String,
    /// How its deliveries do: `3 of 3 sent`.
    pub delivery: Badge,
}

/// `/reports/{id}`; downloads at `/reports/{id}.html`, `.txt`, `.csv`, `.json` and `.json.sig`; `POST /reports/{id}/send` sends it
/// again, `POST /reports/{id}/correct` makes another revision.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reports/show.html")]
pub struct ReportPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Its title: `Checkout for Acme: week 46, 2026`.
    pub title: String,
    /// Its agreement.
    pub agreement: Link,
    /// Its verdict.
    pub status: Status,
    /// What else it is: provisional, a correction.
    pub badges: Vec<Badge>,
    /// When it was made, and from which data.
    pub made_at: String,
    /// The revision that took its place, if one did.
    pub superseded: Option<Link>,
    /// Every revision of its period, the oldest first; empty if it is the only one.
    pub revisions: Vec<Link>,
    /// Is it signed?
    pub is_signed: bool,
    /// Where the slices of its period are downloaded.
    pub slices: String,
    /// The report as an HTML fragment, which is trusted and not escaped; its headings start at `h2`.
    pub fragment: String,
    /// Its deliveries.
    pub deliveries: Vec<DeliveryRow>,
    /// Other reports of its agreement, to compare it with: id and label.
    pub others: Vec<Choice>,
    /// May this person send it?
    pub can_send: bool,
    /// May this person ask for a correction?
    pub can_correct: bool,
    /// The form for a correction; its field: `reason`.
    pub form: Form,
}

/// `/reports/{id}` of a report that was removed; its statement at `/reports/{id}.removal.json` and `.removal.json.sig`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reports/removed.html")]
pub struct RemovedPage {
    /// What stands around it.
    pub shell: Shell,
    /// Its id.
    pub id: i64,
    /// Its title: `Checkout for Acme: week 46, 2026`.
    pub title: String,
    /// Its agreement.
    pub agreement: Link,
    /// That it is gone.
    pub badge: Badge,
    /// When it was removed, and by which rule.
    pub sentence: String,
    /// What is kept of it.
    pub facts: Vec<Fact>,
    /// Is the statement signed?
    pub is_signed: bool,
    /// Its deliveries.
    pub deliveries: Vec<DeliveryRow>,
}

/// One report on its way to one recipient.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// To whom.
    pub recipient: String,
    /// Waiting, sent, being retried, given up.
    pub state: Badge,
    /// How often it was tried.
    pub attempts: String,
    /// What the mail server last answered; empty if nothing.
    pub answer: String,
    /// When: sent at, or tried next at.
    pub at: String,
    /// Where to ask for another try at once, if that makes sense and this person may.
    pub retry: Option<String>,
}

/// `/agreements/{id}/report?period=…`: what the report would say.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/reports/preview.html")]
pub struct PreviewPage {
    /// What stands around it.
    pub shell: Shell,
    /// The agreement's id.
    pub agreement_id: i64,
    /// The agreement's name.
    pub agreement: String,
    /// The period's word in addresses: `2026-W46`.
    pub period: String,
    /// The period's label.
    pub period_label: String,
    /// Periods to choose from: word and label.
    pub periods: Vec<Choice>,
    /// Is the period still running, or its data not settled?
    pub is_provisional: bool,
    /// The final report of the period, if there is one.
    pub final_report: Option<Link>,
    /// The report as an HTML fragment, which is trusted and not escaped; its headings start at `h2`.
    pub fragment: String,
    /// Who would receive it.
    pub recipients: Vec<String>,
    /// May this person send it?
    pub can_send: bool,
}
