//! How an objective is watched: a method, how sensitive it is, and a rule against another day if people want one.

use super::latency::Latencies;
use super::relative::Relative;
use crate::domain::baseline::{Method, Settings};
use crate::domain::time::Minute;
use chrono_tz::Tz;

/// How easily something is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Sensitivity {
    /// Only what is far from the usual.
    Calm,
    /// The method's defaults.
    #[default]
    Normal,
    /// Also what is only somewhat unusual.
    Keen,
}

impl Sensitivity {
    /// From the calmest on.
    pub const ALL: [Self; 3] = [Self::Calm, Self::Normal, Self::Keen];

    /// Its word in forms and in the database.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Calm => "calm",
            Self::Normal => "normal",
            Self::Keen => "keen",
        }
    }

    /// The sensitivity behind a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// What it means, for people who choose.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        crate::language::word(match self {
            Self::Calm => "Tells only what is far from the usual; some incidents stay untold.",
            Self::Normal => "The method’s defaults, chosen so that it can stay on.",
            Self::Keen => "Tells more, and is wrong more often.",
        })
    }

    /// The parameter that decides, and its value; the default of the method for [`Self::Normal`].
    const fn parameter(self, method: Method) -> Option<(&'static str, f64)> {
        match (method, self) {
            (_, Self::Normal) => None,
            (Method::Auto, Self::Calm) => Some(("rarity", 0.1)),
            (Method::Auto, Self::Keen) => Some(("rarity", 2.0)),
            (Method::Ewma, Self::Calm) => Some(("beta", 4.0)),
            (Method::Ewma, Self::Keen) => Some(("beta", 1.5)),
            (Method::StdDev, Self::Calm) => Some(("k", 5.0)),
            (Method::StdDev, Self::Keen) => Some(("k", 2.5)),
            (Method::Percentile, Self::Calm) => Some(("p", 99.9)),
            (Method::Percentile, Self::Keen) => Some(("p", 97.0)),
            (Method::Seasonal, Self::Calm) => Some(("k", 6.0)),
            (Method::Seasonal, Self::Keen) => Some(("k", 3.0)),
        }
    }
}

/// How an objective is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct WatchSettings {
    /// How the usual is learned.
    pub method: Method,
    /// How easily something is told.
    pub sensitivity: Sensitivity,
    /// The rule against another day.
    pub relative: Option<Relative>,
    /// Which measures of a latency are watched.
    pub latencies: Latencies,
    /// Nothing from before is learned, as after a change that makes the past no guide.
    pub from: Option<Minute>,
    /// Does each deploy that is noted begin it anew as well?
    pub anew_at_deploys: bool,
}

impl WatchSettings {
    /// The settings of the detector, with the hours of a zone's clocks.
    #[must_use]
    pub fn detector(&self, zone: Tz) -> Settings {
        let plain = Settings::new(self.method).in_zone(zone);
        let parameter = self.sensitivity.parameter(self.method);
        // every value of the table is within its limits, which a test checks
        parameter.and_then(|(name, value)| plain.with(name, value).ok()).unwrap_or(plain)
    }

    /// One word for how it is learned: memories of other settings do not fit. Which measures are watched changes none of them.
    #[must_use]
    pub fn mark(&self) -> String {
        let rule =
            self.relative.map_or_else(String::new, |rule| format!(" {} {}", rule.against.word(), rule.percent()));
        format!("{} {}{rule}", self.method.word(), self.sensitivity.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sensitivity_sets_a_parameter_that_its_method_allows() {
        for method in Method::ALL {
            for sensitivity in Sensitivity::ALL {
                let asked = sensitivity.parameter(method);
                let settings = WatchSettings { method, sensitivity, ..WatchSettings::default() }.detector(Tz::UTC);
                let is_default = settings == Settings::new(method);
                assert_eq!(is_default, asked.is_none(), "{method} {}", sensitivity.word());
            }
        }
    }
}
