//! Verdicts as people see them: a word, a shape and a colour, never the colour alone.

/// What a colour and a shape say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tone {
    /// All is well: a disc with a tick.
    Good,
    /// Look at it soon: a triangle.
    Warn,
    /// Broken: a square on its corner.
    Bad,
    /// Nothing is known, or it rests: an empty circle.
    Idle,
    /// Under way: a half-filled circle.
    Busy,
}

impl Tone {
    /// Every tone.
    pub const ALL: [Self; 5] = [Self::Good, Self::Warn, Self::Bad, Self::Idle, Self::Busy];

    /// The word that the stylesheet knows it by.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Idle => "idle",
            Self::Busy => "busy",
        }
    }
}

/// A word with its tone, for any state that is not an objective's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Badge {
    /// How it looks.
    pub tone: Tone,
    /// What it says.
    pub word: String,
}

impl Badge {
    /// A badge.
    #[must_use]
    pub fn new(tone: Tone, word: impl Into<String>) -> Self {
        Self { tone, word: word.into() }
    }

    /// For what was archived.
    #[must_use]
    pub fn archived() -> Self {
        Self::new(Tone::Idle, "Archived")
    }
}

/// An objective's, a period's or an agreement's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// The target is missed.
    Breached,
    /// Still met, but the budget burns too fast or is nearly gone.
    AtRisk,
    /// Met.
    Meeting,
    /// Nothing was measured.
    NoData,
}

impl Status {
    /// Every status, the worst first.
    pub const ALL: [Self; 4] = [Self::Breached, Self::AtRisk, Self::Meeting, Self::NoData];

    /// The word in addresses and query strings: `meeting`, `at-risk`, `breached`, `no-data`.
    #[must_use]
    pub const fn slug(self) -> &'static str {
        match self {
            Self::Meeting => "meeting",
            Self::AtRisk => "at-risk",
            Self::Breached => "breached",
            Self::NoData => "no-data",
        }
    }

    /// The status behind the word of an address.
    #[must_use]
    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.slug() == slug)
    }

    /// The word that people read.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Meeting => "Meeting",
            Self::AtRisk => "At risk",
            Self::Breached => "Breached",
            Self::NoData => "No data",
        }
    }

    /// What it says, in a sentence for the guide.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Meeting => "The target is met, and the budget lasts.",
            Self::AtRisk => "The target is still met, but the budget burns too fast or is nearly gone.",
            Self::Breached => "The target is missed: more events were bad than the budget allows.",
            Self::NoData => "Nothing is known about the window. That is neither good nor bad.",
        }
    }

    /// Its tone.
    #[must_use]
    pub const fn tone(self) -> Tone {
        match self {
            Self::Meeting => Tone::Good,
            Self::AtRisk => Tone::Warn,
            Self::Breached => Tone::Bad,
            Self::NoData => Tone::Idle,
        }
    }

    /// As a badge.
    #[must_use]
    pub fn badge(self) -> Badge {
        Badge::new(self.tone(), self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_found_again_by_its_word() {
        for status in Status::ALL {
            assert_eq!(Status::from_slug(status.slug()), Some(status));
        }
        assert_eq!(Status::from_slug("fine"), None);
    }
}
