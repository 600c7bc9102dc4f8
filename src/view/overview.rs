//! The overview: every objective, the ones in trouble first.

use super::{BudgetBar, Choice, Pager, Shell, Status, Tone};
use askama::Template;
use url::form_urlencoded::Serializer;

/// `/`. Query: `q`, `status`, `service`, `customer`, `agreement`, `page`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/overview.html")]
pub struct OverviewPage {
    /// What stands around it.
    pub shell: Shell,
    /// What the list is narrowed to.
    pub filter: OverviewFilter,
    /// Names of all services.
    pub services: Vec<String>,
    /// Names of all customers.
    pub customers: Vec<String>,
    /// All agreements: id and name.
    pub agreements: Vec<Choice>,
    /// How many objectives have each status under the filter without its status; in the order of [`Status::ALL`].
    pub counts: Vec<StatusCount>,
    /// The objectives of this page.
    pub rows: Vec<ObjectiveRow>,
    /// Turns the pages; its addresses come from [`OverviewFilter::page_href`].
    pub pager: Pager,
    /// When the judgements were made: `2026-11-21 07:12 UTC`; empty before the first.
    pub judged_at: String,
    /// Is there a source besides the built-in one?
    pub has_sources: bool,
    /// Is there any agreement?
    pub has_agreements: bool,
}

/// What the overview is narrowed to; empty text means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OverviewFilter {
    /// Words that objective, service, agreement or customer contain.
    pub q: String,
    /// Only this status.
    pub status: Option<Status>,
    /// Only this service, by name.
    pub service: String,
    /// Only this customer, by name.
    pub customer: String,
    /// Only this agreement, by id.
    pub agreement: String,
}

/// How many objectives have a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusCount {
    /// The status.
    pub status: Status,
    /// How many: `1,204`.
    pub count: String,
}

/// One objective in a list.
#[derive(Clone, Debug)]
pub struct ObjectiveRow {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// Its kind: `Availability`.
    pub kind: String,
    /// The service that it is about.
    pub service: String,
    /// Its agreement's id.
    pub agreement_id: i64,
    /// Its agreement's name.
    pub agreement: String,
    /// Its status.
    pub status: Status,
    /// How long it has had that status; nothing before the first judgement.
    pub since: Option<Since>,
    /// What was measured: `99.982 %`, or why there is nothing.
    pub sli: String,
    /// What was promised: `99.9 %`, or `≤ 0.1 %` for an error rate.
    pub target: String,
    /// The window: `30 days` or `November 2026`.
    pub window: String,
    /// The remaining budget as a bar.
    pub bar: BudgetBar,
    /// The remaining budget in percent: `34.2 %`, `−13 %`.
    pub remaining: String,
    /// The remaining budget in time: `43 min left`, `1 h 12 min over`.
    pub remaining_time: String,
    /// Burn rate over the last hour: `2.4×`.
    pub burn_rate: String,
    /// How worrying that burn rate is, if it is.
    pub burn_tone: Option<Tone>,
    /// When the budget runs out at that rate: `in 3 days`, `exhausted`, `not at this rate`.
    pub exhaustion: String,
    /// Known share of the window: `100 %`.
    pub coverage: String,
    /// Is so much unknown that the number deserves doubt?
    pub coverage_is_low: bool,
    /// Is the indicator evaluated by the source instead of counted?
    pub is_estimated: bool,
    /// A small chart of the window as SVG, which is trusted and not escaped.
    pub sparkline: Option<String>,
}

/// How long a status has lasted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// The length: `for 3 d 4 h`.
    pub held: String,
    /// The moment: `since 2026-11-18 03:12 CET`.
    pub at: String,
}

impl OverviewFilter {
    /// Is anything narrowed?
    #[must_use]
    pub fn is_active(&self) -> bool {
        *self != Self::default()
    }

    /// Is the list narrowed to this status?
    #[must_use]
    pub fn is_status(&self, status: &Status) -> bool {
        self.status == Some(*status)
    }

    /// The same list narrowed to a status.
    #[must_use]
    pub fn status_href(&self, status: &Status) -> String {
        Self { status: Some(*status), ..self.clone() }.page_href(1)
    }

    /// The same list with every status.
    #[must_use]
    pub fn any_status_href(&self) -> String {
        Self { status: None, ..self.clone() }.page_href(1)
    }

    /// The address of a page of this list, counted from 1.
    #[must_use]
    pub fn page_href(&self, page: i64) -> String {
        let mut query = Serializer::new(String::new());
        let status = self.status.map_or("", Status::slug);
        for (name, value) in [
            ("q", self.q.as_str()),
            ("status", status),
            ("service", &self.service),
            ("customer", &self.customer),
            ("agreement", &self.agreement),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if page > 1 {
            query.append_pair("page", &page.to_string());
        }
        let query = query.finish();
        if query.is_empty() { "/".to_owned() } else { format!("/?{query}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_becomes_an_address_without_empty_parts() {
        let filter = OverviewFilter { q: "pay & go".to_owned(), status: Some(Status::AtRisk), ..Default::default() };
        assert_eq!(filter.page_href(1), "/?q=pay+%26+go&status=at-risk");
        assert_eq!(filter.page_href(3), "/?q=pay+%26+go&status=at-risk&page=3");
        assert_eq!(filter.status_href(&Status::NoData), "/?q=pay+%26+go&status=no-data");
        assert_eq!(filter.any_status_href(), "/?q=pay+%26+go");
        assert_eq!(OverviewFilter::default().page_href(1), "/");
    }
}
