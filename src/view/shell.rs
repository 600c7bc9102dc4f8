//! What stands around every page: who is signed in, where one is, what just happened, one line of help.

/// The part of every page that is not its own.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    /// The page's name; also the title of the browser's tab.
    pub page_title: String,
    /// Who is signed in; without it neither navigation nor sign-out is shown.
    pub user: Option<ShellUser>,
    /// The token that every form sends back.
    pub csrf: String,
    /// What the last request did.
    pub flash: Option<Flash>,
    /// Where in the navigation the page stands.
    pub section: Section,
    /// One line of help.
    pub help: Option<Help>,
}

impl Shell {
    /// The same shell for a page of that name, place and help.
    #[must_use]
    pub fn page(mut self, title: impl Into<String>, section: Section, help: Option<Help>) -> Self {
        self.page_title = title.into();
        self.section = section;
        self.help = help;
        self
    }

    /// The version that the footer shows.
    #[must_use]
    pub const fn version(&self) -> &'static str {
        env!("CARGO_PKG_VERSION")
    }
}

/// Who is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShellUser {
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// Their role's word.
    pub role: String,
    /// May they manage people?
    pub is_admin: bool,
}

/// What the last request did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Did it work?
    pub kind: FlashKind,
    /// One sentence.
    pub text: String,
}

/// Did the last request work?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashKind {
    /// It did.
    Done,
    /// It did not.
    Failed,
}

impl FlashKind {
    /// Its tone.
    #[must_use]
    pub const fn tone(self) -> super::Tone {
        match self {
            Self::Done => super::Tone::Good,
            Self::Failed => super::Tone::Bad,
        }
    }
}

/// The parts of the navigation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Section {
    /// All objectives.
    Overview,
    /// Contracts.
    Agreements,
    /// Time taken out of the judgement.
    Exclusions,
    /// Where measurements come from.
    Sources,
    /// Reports.
    Reports,
    /// Who has an account.
    People,
    /// Who changed what.
    Audit,
    /// One's own account.
    Account,
    /// The built-in guide.
    Guide,
    /// None of them.
    #[default]
    Elsewhere,
}

/// One line of help with the section of the guide that explains its term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Help {
    /// One sentence.
    pub text: &'static str,
    /// The section of the guide: `error-budget`.
    pub anchor: &'static str,
    /// What the link says.
    pub link: &'static str,
}

impl Help {
    /// For the overview.
    pub const OVERVIEW: Self = Self {
        text: "Every promise with what is left of its error budget; the ones in trouble stand first.",
        anchor: "error-budget",
        link: "How error budgets work",
    };
    /// For an objective's page.
    pub const OBJECTIVE: Self = Self {
        text: "What was promised, what was measured, and how every number came about.",
        anchor: "burn-rate",
        link: "How burn rates work",
    };
    /// For how an objective is watched.
    pub const BASELINE: Self = Self {
        text: "What is usual is learned from the past; what leaves it is told, and changes no judgement.",
        anchor: "baseline",
        link: "Baselines and anomalies",
    };
    /// For the agreement pages.
    pub const AGREEMENTS: Self = Self {
        text: "An agreement is a contract with a customer: its objectives are judged together, period by period.",
        anchor: "window",
        link: "Windows and periods",
    };
    /// For the pages of exclusions.
    pub const EXCLUSIONS: Self = Self {
        text: "An exclusion takes time out of the judgement, once an approver has agreed to it.",
        anchor: "exclusions",
        link: "How exclusions count",
    };
    /// For the source pages.
    pub const SOURCES: Self = Self {
        text: "A source is where measurements come from. A source that is down makes data unknown, never bad.",
        anchor: "source-kinds",
        link: "Kinds of source",
    };
    /// For the form that defines promises.
    pub const COUNTING: Self = Self {
        text: "Say which events count and which of them are bad; Nines counts each one itself.",
        anchor: "counting-rules",
        link: "How events are counted",
    };
    /// For the page of people.
    pub const PEOPLE: Self = Self {
        text: "Whoever proposes an exclusion should not be the one who approves it: give both roles to different people.",
        anchor: "exclusions",
        link: "How exclusions are decided",
    };
    /// For the pages on which links are made.
    pub const SHARING: Self = Self {
        text: "Whoever has a link sees what it shows, without an account, until it expires or is revoked.",
        anchor: "sharing",
        link: "What is shared",
    };
    /// For the keys with which programs leave notes.
    pub const NOTES: Self = Self {
        text: "A note says what happened, such as a deploy. It stands on the charts and changes no number.",
        anchor: "notes",
        link: "What notes are for",
    };
    /// For one's own account.
    pub const ACCOUNT: Self = Self {
        text: "Your password protects contracts. Changing it ends your sessions on other devices.",
        anchor: "accounts",
        link: "Accounts and roles",
    };
    /// For signing in.
    pub const SIGN_IN: Self = Self {
        text: "An admin makes accounts. Whoever tries too often has to wait a while.",
        anchor: "accounts",
        link: "Accounts and roles",
    };
    /// For the first account.
    pub const SET_UP: Self = Self {
        text: "The first account is an admin’s. The link works once and for a day; a new one is printed at the next start.",
        anchor: "accounts",
        link: "Accounts and roles",
    };
    /// For the audit log.
    pub const AUDIT: Self = Self {
        text: "Every change with who made it, and the values before and after. Nothing here can be changed or removed.",
        anchor: "audit",
        link: "What the log keeps",
    };
    /// For the pages of schedules.
    pub const SCHEDULES: Self = Self {
        text: "A schedule mails each period once: when it is due, or as soon after that as its report is final.",
        anchor: "schedules",
        link: "How reports are mailed",
    };
    /// For the page of deliveries.
    pub const DELIVERIES: Self = Self {
        text: "Each recipient has a delivery of their own: one that is refused holds back nobody else.",
        anchor: "schedules",
        link: "How reports are mailed",
    };
    /// For the report pages.
    pub const REPORTS: Self = Self {
        text: "A report judges one agreement over one period. Once its data has settled it is final: what changes later makes a correction.",
        anchor: "reports",
        link: "Final reports",
    };
}
