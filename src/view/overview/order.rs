//! The order of a list of objectives, in its address and in the heads of its columns.

/// What the rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What pages somebody, then the worst status, then the least budget.
    #[default]
    Trouble,
    /// The objective's name.
    Name,
    /// The service's name.
    Service,
    /// The good share.
    Measured,
    /// The remaining share of the budget.
    Budget,
    /// The burn rate over the last hour, the highest first.
    Burn,
    /// When the budget runs out.
    RunsOut,
    /// The known share of the window.
    Coverage,
}

impl Sort {
    const ALL: [Self; 8] = [
        Self::Trouble,
        Self::Name,
        Self::Service,
        Self::Measured,
        Self::Budget,
        Self::Burn,
        Self::RunsOut,
        Self::Coverage,
    ];

    /// The word in the query string.
    const fn slug(self) -> &'static str {
        match self {
            Self::Trouble => "trouble",
            Self::Name => "name",
            Self::Service => "service",
            Self::Measured => "measured",
            Self::Budget => "budget",
            Self::Burn => "burn",
            Self::RunsOut => "runs-out",
            Self::Coverage => "coverage",
        }
    }
}

/// A column and a direction; the worst stands first unless it is reversed, and of names the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    /// What is compared.
    pub by: Sort,
    /// Is it turned around?
    pub is_reversed: bool,
}

impl Order {
    /// The order behind the word of an address: `budget`, `-budget`.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        let word = slug.strip_prefix('-');
        let by = Sort::ALL.into_iter().find(|sort| sort.slug() == word.unwrap_or(slug))?;
        Some(Self { by, is_reversed: word.is_some() })
    }

    /// The word in addresses; empty for the usual order.
    #[must_use]
    pub fn slug(self) -> String {
        match self {
            Self { by: Sort::Trouble, is_reversed: false } => String::new(),
            Self { by, is_reversed: false } => by.slug().to_owned(),
            Self { by, is_reversed: true } => format!("-{}", by.slug()),
        }
    }

    /// What the head of a column leads to: sorted by it, or turned around if it is already.
    #[must_use]
    pub fn turned(self, by: Sort) -> Self {
        Self { by, is_reversed: self.by == by && !self.is_reversed }
    }

    /// The value of `aria-sort` for a column; empty if the rows are not sorted by it.
    #[must_use]
    pub fn aria(self, by: Sort) -> &'static str {
        match by {
            _ if by != self.by => "",
            Sort::Trouble => "other",
            Sort::Burn if self.is_reversed => "ascending",
            Sort::Burn => "descending",
            _ if self.is_reversed => "descending",
            _ => "ascending",
        }
    }
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What stands in the column.
    pub text: &'static str,
    /// Its unit or time, if the values do not say it.
    pub unit: &'static str,
    /// The column's class.
    pub class: &'static str,
    /// Sorts by this column, where rows can be sorted.
    pub href: Option<String>,
    /// The value of `aria-sort`, or nothing.
    pub sorted: &'static str,
}

impl Head {
    /// The columns of a list of objectives; `link` gives the address that sorts by one and the value of `aria-sort`.
    pub(super) fn all(link: impl Fn(Sort) -> (String, &'static str)) -> Vec<Self> {
        let sortable = |head: Self, sort: Sort| {
            let (href, sorted) = link(sort);
            Self { href: Some(href), sorted, ..head }
        };
        let sorts =
            [Sort::Trouble, Sort::Name, Sort::Measured, Sort::Budget, Sort::Burn, Sort::RunsOut, Sort::Coverage];
        let mut sorts = sorts.into_iter();
        let heads = Self::plain().into_iter();
        heads.map(|head| sorts.next().map_or(head.clone(), |sort| sortable(head, sort))).collect()
    }

    /// The columns where rows have one order only.
    #[must_use]
    pub fn plain() -> Vec<Self> {
        let head = |text, class| Self { text, unit: "", class, href: None, sorted: "" };
        vec![
            head("Status", ""),
            head("Objective", ""),
            head("Measured", "num"),
            head("Error budget left", ""),
            Self { unit: "1 h", ..head("Burn rate", "num") },
            head("Runs out", ""),
            head("Coverage", "num"),
            head("Trend", "trend"),
        ]
    }
}
