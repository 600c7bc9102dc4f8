//! Schedules: which reports are mailed, when, to whom, and in which dress.

use crate::domain::calendar::{Anchor, Calendar, Period, PeriodKind};
use crate::domain::ids::{AgreementId, ScheduleId};
use crate::domain::model::{Agreement, EmailAddress};
use crate::domain::rhythm::Rhythm;
use crate::domain::time::Instant;
use crate::language::Language;
use std::collections::BTreeSet;

/// How many periods are caught up after a downtime: the newest.
pub const PERIODS_MAX: usize = 6;

/// How many people one schedule may mail to.
pub const RECIPIENTS_MAX: usize = 100;

/// Whose reports are mailed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Those of one agreement.
    Agreement(AgreementId),
    /// Those of all agreements with a customer, as one pack.
    Customer(String),
    /// Those of all agreements, as one pack.
    House,
}

impl Scope {
    /// Is it about this agreement?
    #[must_use]
    pub fn holds(&self, agreement: &Agreement) -> bool {
        match self {
            Self::Agreement(id) => *id == agreement.id,
            Self::Customer(name) => *name == agreement.customer,
            Self::House => true,
        }
    }
}

/// Which verdicts are worth a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Only {
    /// Every one.
    #[default]
    Always,
    /// Every one, except that all is well.
    Trouble,
    /// Only that something was missed.
    Breach,
}

impl Only {
    /// Every one, in the order in which a form offers them.
    pub const ALL: [Self; 3] = [Self::Always, Self::Trouble, Self::Breach];

    /// The word that is stored: `always`, `trouble`, `breach`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Trouble => "trouble",
            Self::Breach => "breach",
        }
    }

    /// For people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        crate::language::word(match self {
            Self::Always => "always",
            Self::Trouble => "unless every objective is met",
            Self::Breach => "only if something was missed",
        })
    }

    /// What a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|only| only.word() == word)
    }

    /// Is a report with this verdict worth a mail? `verdict` is `met`, `at_risk`, `breached` or `no_data`.
    #[must_use]
    pub fn lets(self, verdict: &str) -> bool {
        match self {
            Self::Always => true,
            Self::Trouble => verdict != "met",
            Self::Breach => verdict == "breached",
        }
    }
}

/// A file that can travel with a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Attachment {
    /// The figures, one row per objective.
    Csv,
    /// The report itself, with its signature if there is one.
    Json,
    /// The report to read and to print.
    Pdf,
    /// The figures as a workbook.
    Xlsx,
}

impl Attachment {
    /// Every one, in the order in which they are stored and shown.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Pdf, Self::Xlsx];

    /// The word that is stored, and the ending of the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
        }
    }
}

/// Which files travel with the mail.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Attached(BTreeSet<Attachment>);

impl Attached {
    /// What programs and spreadsheets read: the figures, and the report itself.
    #[must_use]
    pub fn usual() -> Self {
        [Attachment::Csv, Attachment::Json].into_iter().collect()
    }

    /// Does this travel along?
    #[must_use]
    pub fn has(&self, attachment: Attachment) -> bool {
        self.0.contains(&attachment)
    }

    /// The words that are stored, in order: `csv json pdf`.
    #[must_use]
    pub fn words(&self) -> String {
        self.0.iter().map(|one| one.word()).collect::<Vec<_>>().join(" ")
    }

    /// What the words stand for; nothing if one of them is unknown.
    #[must_use]
    pub fn from_words(words: &str) -> Option<Self> {
        let known = |word: &str| Attachment::ALL.into_iter().find(|one| one.word() == word);
        words.split_whitespace().map(known).collect()
    }
}

impl FromIterator<Attachment> for Attached {
    fn from_iter<I: IntoIterator<Item = Attachment>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

/// What a person wants to be mailed; every value is valid by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleDraft {
    /// What people call it.
    pub name: String,
    /// Whose reports.
    pub scope: Scope,
    /// Which periods; nothing for those that the agreement itself reports, which only a schedule of one agreement has.
    pub covers: Option<PeriodKind>,
    /// When.
    pub rhythm: Rhythm,
    /// To whom, at most [`RECIPIENTS_MAX`].
    pub recipients: Vec<EmailAddress>,
    /// Where answers go; the sender if nothing is said.
    pub reply_to: Option<EmailAddress>,
    /// What the subject begins with; may be empty.
    pub prefix: String,
    /// Which verdicts.
    pub only: Only,
    /// Which files.
    pub attached: Attached,
    /// In which language; nothing for that of its agreement, and of a pack's first one.
    pub language: Option<Language>,
}

impl ScheduleDraft {
    /// An agreement's usual schedule: each of its reports as soon as it is final.
    #[must_use]
    pub fn usual(agreement: &Agreement, recipients: Vec<EmailAddress>) -> Self {
        Self {
            name: agreement.name.clone(),
            scope: Scope::Agreement(agreement.id),
            covers: None,
            rhythm: Rhythm { when: crate::domain::rhythm::When::Final, zone: agreement.zone },
            recipients,
            reply_to: None,
            prefix: String::new(),
            only: Only::Always,
            attached: Attached::usual(),
            language: None,
        }
    }

    /// The language of a mail about an agreement, or of a pack that begins with it.
    #[must_use]
    pub fn language_for(&self, agreement: &Agreement) -> Language {
        self.language.or(agreement.terms.language).unwrap_or_default()
    }

    /// Which periods it is about, and whose calendar they follow: that of its agreement, or for a pack the plain calendar in
    /// its own zone. Nothing if its agreement is not there.
    #[must_use]
    pub fn periods(&self, agreements: &[Agreement]) -> Option<(Calendar, PeriodKind)> {
        if let Scope::Agreement(id) = self.scope {
            let own = agreements.iter().find(|one| one.id == id)?;
            return Some((own.calendar(), self.covers.unwrap_or(own.report_every)));
        }
        let covers = self.covers?;
        Some((Calendar { zone: self.rhythm.zone, period: covers, anchor: Anchor::default() }, covers))
    }
}

/// A schedule as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSchedule {
    /// Identity.
    pub id: ScheduleId,
    /// What it says.
    pub draft: ScheduleDraft,
    /// When it was made.
    pub created_at: Instant,
    /// What was due up to here is booked.
    pub booked_until: Instant,
    /// Set while it is paused.
    pub paused_at: Option<Instant>,
    /// Set when it was archived: kept, but never again sent.
    pub archived_at: Option<Instant>,
}

impl ReportSchedule {
    /// Does it send anything?
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.paused_at.is_none() && self.archived_at.is_none()
    }

    /// What is due and not booked yet, with its moment: the newest [`PERIODS_MAX`] after a longer downtime.
    #[must_use]
    pub fn due(&self, agreements: &[Agreement], now: Instant) -> Vec<(Period, Instant)> {
        let Some((calendar, covers)) = self.draft.periods(agreements) else { return Vec::new() };
        self.draft.rhythm.due(&calendar, covers, (self.booked_until, now), PERIODS_MAX)
    }

    /// When it mails next, and about which period; nothing while it is paused.
    #[must_use]
    pub fn next(&self, agreements: &[Agreement]) -> Option<(Period, Instant)> {
        let (calendar, covers) = self.draft.periods(agreements).filter(|_| self.is_live())?;
        self.draft.rhythm.next(&calendar, covers, self.booked_until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_verdicts_are_let_through() {
        for only in Only::ALL {
            assert_eq!(Only::from_word(only.word()), Some(only));
        }
        let let_through = |only: Only| ["met", "at_risk", "no_data", "breached"].map(|verdict| only.lets(verdict));
        assert_eq!(let_through(Only::Always), [true; 4]);
        assert_eq!(let_through(Only::Trouble), [false, true, true, true]);
        assert_eq!(let_through(Only::Breach), [false, false, false, true]);
        for words in ["", "csv", "json", "csv json", "csv json pdf xlsx", "pdf"] {
            assert_eq!(Attached::from_words(words).unwrap().words(), words);
        }
        assert_eq!(Attached::from_words("csv exe"), None);
        assert_eq!(Attached::from_words("xlsx csv csv").unwrap().words(), "csv xlsx", "in one order, each once");
    }
}
