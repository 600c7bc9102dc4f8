//! The overview: every objective, the ones in trouble first.

pub use order::{Head, Order, Sort};

use super::{BudgetBar, Choice, Pager, Shell, Status, Tone};
use crate::language::filters;
use askama::Template;
use url::form_urlencoded::Serializer;

mod order;

/// `/`. Query: `q`, `status`, `hide`, `service`, `customer`, `owner`, `agreement`, `sort`, `page`.
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
    /// Names of all owners.
    pub owners: Vec<String>,
    /// All agreements: id and name.
    pub agreements: Vec<Choice>,
    /// How many objectives have each status under the filter without its status; in the order of [`Status::ALL`].
    pub counts: Vec<StatusCount>,
    /// The columns; see [`OverviewFilter::heads`].
    pub heads: Vec<Head>,
    /// The objectives of this page.
    pub rows: Vec<ObjectiveRow>,
    /// Turns the pages; its addresses come from [`OverviewFilter::page_href`].
    pub pager: Pager,
    /// When the judgements were made: `2026-11-21 07:12 UTC`; empty before the first.
    pub judged_at: String,
    /// How far somebody has come who has just begun; nothing once they need no guidance.
    pub first: Option<FirstSteps>,
}

impl OverviewPage {
    /// Is there nothing to show but the first steps?
    #[must_use]
    pub fn has_only_steps(&self) -> bool {
        self.rows.is_empty() && !self.filter.is_active() && self.first.is_some_and(|first| first.agreement.is_none())
    }
}

/// The first five minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstSteps {
    /// The newest source besides the built-in one, if there is any.
    pub source: Option<i64>,
    /// Was anything measured?
    pub has_data: bool,
    /// The only agreement, if there is one.
    pub agreement: Option<i64>,
    /// Does its report go to anybody?
    pub has_report: bool,
    /// May the reader take these steps?
    pub can_edit: bool,
}

impl FirstSteps {
    /// Is there something to promise about? Whoever has an agreement found something.
    #[must_use]
    pub const fn has_source(&self) -> bool {
        self.source.is_some() || self.agreement.is_some()
    }

    /// Is nothing left to do?
    #[must_use]
    pub const fn is_done(&self) -> bool {
        self.has_source() && self.has_data && self.agreement.is_some() && self.has_report
    }

    /// The step to take now: 1 to 4. Data may take a while, and nobody needs to wait for them to promise something.
    #[must_use]
    pub const fn next(&self) -> u8 {
        match (self.has_source(), self.agreement, self.has_report) {
            (false, ..) => 1,
            (true, None, _) => 3,
            (true, Some(_), false) => 4,
            (true, Some(_), true) => 2,
        }
    }
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
    /// Only agreements of this owner, by name.
    pub owner: String,
    /// Only this agreement, by id.
    pub agreement: String,
    /// Is what meets its target left out? A status that is asked for is shown all the same.
    pub hides_meeting: bool,
    /// The order of the rows.
    pub order: Order,
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
    /// The name of the service whose rows begin here, where rows are grouped by service.
    pub group: Option<String>,
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
        *self != Self { order: self.order, ..Self::default() }
    }

    /// Is a row of this status shown?
    #[must_use]
    pub fn shows(&self, status: Status) -> bool {
        self.status.map_or(!self.hides_meeting || status != Status::Meeting, |only| only == status)
    }

    /// Is the list narrowed to this status?
    #[must_use]
    pub fn is_status(&self, status: &Status) -> bool {
        self.status == Some(*status)
    }

    /// Is every status shown?
    #[must_use]
    pub const fn is_any_status(&self) -> bool {
        self.status.is_none() && !self.hides_meeting
    }

    /// The same list narrowed to a status.
    #[must_use]
    pub fn status_href(&self, status: &Status) -> String {
        Self { status: Some(*status), hides_meeting: false, ..self.clone() }.page_href(1)
    }

    /// The same list with every status.
    #[must_use]
    pub fn any_status_href(&self) -> String {
        Self { status: None, hides_meeting: false, ..self.clone() }.page_href(1)
    }

    /// The same list without what meets its target.
    #[must_use]
    pub fn hide_meeting_href(&self) -> String {
        Self { status: None, hides_meeting: true, ..self.clone() }.page_href(1)
    }

    /// Everything, in the same order.
    #[must_use]
    pub fn clear_href(&self) -> String {
        Self { order: self.order, ..Self::default() }.page_href(1)
    }

    /// The same list in another order.
    #[must_use]
    pub fn order_href(&self, order: Order) -> String {
        Self { order, ..self.clone() }.page_href(1)
    }

    /// The same list with the rows of each service together, or no longer so.
    #[must_use]
    pub fn group_href(&self) -> String {
        let by = if self.is_grouped() { Sort::Trouble } else { Sort::Service };
        self.order_href(Order { by, is_reversed: false })
    }

    /// Do the rows of each service stand together?
    #[must_use]
    pub fn is_grouped(&self) -> bool {
        self.order.by == Sort::Service
    }

    /// The columns, with the addresses that sort by them.
    #[must_use]
    pub fn heads(&self) -> Vec<Head> {
        Head::all(|sort| (self.order_href(self.order.turned(sort)), self.order.aria(sort)))
    }

    /// The address of a page of this list, counted from 1.
    #[must_use]
    pub fn page_href(&self, page: i64) -> String {
        let mut query = Serializer::new(String::new());
        let status = self.status.map_or("", Status::slug);
        let hide = if self.hides_meeting { Status::Meeting.slug() } else { "" };
        let sort = self.order.slug();
        for (name, value) in [
            ("q", self.q.as_str()),
            ("status", status),
            ("hide", hide),
            ("service", &self.service),
            ("customer", &self.customer),
            ("owner", &self.owner),
            ("agreement", &self.agreement),
            ("sort", &sort),
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
        assert_eq!(filter.hide_meeting_href(), "/?q=pay+%26+go&hide=meeting");
        let by_budget = OverviewFilter { order: Order { by: Sort::Budget, is_reversed: true }, ..filter };
        assert_eq!(by_budget.page_href(2), "/?q=pay+%26+go&status=at-risk&sort=-budget&page=2");
        assert_eq!((by_budget.clear_href(), by_budget.is_active()), ("/?sort=-budget".to_owned(), true));
        assert_eq!(by_budget.group_href(), "/?q=pay+%26+go&status=at-risk&sort=service");
    }

    #[test]
    fn a_column_is_sorted_at_the_first_press_and_turned_at_the_second() {
        let head = |order: Order, text: &str| {
            let filter = OverviewFilter { order, ..Default::default() };
            let head = filter.heads().into_iter().find(|head| head.text == text).unwrap();
            (head.href.unwrap_or_default(), head.sorted)
        };
        let by = |by, is_reversed| Order { by, is_reversed };
        assert_eq!(head(Order::default(), "Coverage"), ("/?sort=coverage".to_owned(), ""));
        assert_eq!(head(by(Sort::Coverage, false), "Coverage"), ("/?sort=-coverage".to_owned(), "ascending"));
        assert_eq!(head(by(Sort::Coverage, true), "Coverage"), ("/?sort=coverage".to_owned(), "descending"));
        assert_eq!(head(by(Sort::Burn, false), "Burn rate"), ("/?sort=-burn".to_owned(), "descending"));
        assert_eq!(head(by(Sort::Burn, true), "Burn rate").1, "ascending");
        assert_eq!(head(by(Sort::Burn, true), "Status"), ("/".to_owned(), ""));
        assert_eq!(Order::from_slug("-burn"), Some(by(Sort::Burn, true)));
        assert_eq!((Order::from_slug("colour"), Order::from_slug("--burn"), Order::from_slug("")), (None, None, None));
    }
}
