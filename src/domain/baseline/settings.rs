//! The methods and their parameters, with defaults, limits and a sentence each.

use crate::language::say;
use chrono_tz::Tz;
use std::fmt;
use thiserror::Error;

/// How normal is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Method {
    /// Nothing like it was seen before, or the level moved as it never did.
    #[default]
    Auto,
    /// A multiple of the recent average.
    Ewma,
    /// So many standard deviations from the mean.
    StdDev,
    /// Outside nearly everything in the history.
    Percentile,
    /// Unlike this hour of the week.
    Seasonal,
}

/// A number that a method can be tuned with.
#[derive(Debug, PartialEq)]
pub struct Parameter {
    /// Its name in forms, files and commands.
    pub name: &'static str,
    /// What holds if nobody says otherwise.
    pub default: f64,
    /// The least allowed.
    pub least: f64,
    /// The most allowed.
    pub most: f64,
    /// What it does.
    pub sentence: &'static str,
}

const fn parameter(name: &'static str, default: f64, least: f64, most: f64, sentence: &'static str) -> Parameter {
    Parameter { name, default, least, most, sentence }
}

const AUTO: [Parameter; 2] = [
    parameter(
        "rarity",
        0.5,
        0.01,
        5.0,
        "After n points, 2,000 at first, one rarer than this by the square root of n is an anomaly; less is calmer.",
    ),
    parameter("quiet_hours", 12.0, 0.0, 168.0, "An incident is told once; the next may follow after so many hours."),
];
const EWMA: [Parameter; 2] = [
    parameter("alpha", 0.3, 0.001, 1.0, "The weight of the newest point in the average; more forgets faster."),
    parameter("beta", 2.0, 1.0, 1000.0, "A value above so many times the average is an anomaly."),
];
const STD_DEV: [Parameter; 2] = [
    parameter("k", 3.0, 0.5, 100.0, "A value further than so many standard deviations from the mean is an anomaly."),
    parameter("window", 288.0, 30.0, 2000.0, "Mean and deviation are those of the last so many points."),
];
const PERCENTILE: [Parameter; 2] = [
    parameter(
        "p",
        99.0,
        50.0,
        100.0,
        "A value above this percentile of the history, or below its mirror image, is an anomaly.",
    ),
    parameter("history", 1000.0, 100.0, 5000.0, "The history holds the last so many points."),
];
const SEASONAL: [Parameter; 2] = [
    parameter("k", 4.0, 0.5, 100.0, "A value further than so many spreads from what its hour of the week had."),
    parameter("alpha", 0.3, 0.01, 1.0, "The weight of the newest week; more forgets faster."),
];

impl Method {
    /// All, the default first.
    pub const ALL: [Self; 5] = [Self::Auto, Self::Ewma, Self::StdDev, Self::Percentile, Self::Seasonal];

    /// Its name in forms, files and commands.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Ewma => "ewma",
            Self::StdDev => "stddev",
            Self::Percentile => "percentile",
            Self::Seasonal => "seasonal",
        }
    }

    /// The method behind a name.
    pub fn from_word(word: &str) -> Result<Self, SettingsError> {
        let found = Self::ALL.into_iter().find(|method| method.word() == word);
        found.ok_or_else(|| SettingsError::Method { given: word.to_owned() })
    }

    /// What it does, for people who choose.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        crate::language::word(match self {
            Self::Auto => {
                "Marks what resembles nothing seen before, and levels that move as they never did; tells an incident once."
            }
            Self::Ewma => {
                "Marks values above a multiple of the recent average; for error rates, latencies and traffic."
            }
            Self::StdDev => "Marks values far from the mean of a window, counted in standard deviations.",
            Self::Percentile => "Marks values beyond nearly all of the recent history, on either side.",
            Self::Seasonal => "Marks values unlike the same hour of earlier weeks; needs two weeks to learn.",
        })
    }

    /// Its parameters.
    #[must_use]
    pub const fn parameters(self) -> &'static [Parameter; 2] {
        match self {
            Self::Auto => &AUTO,
            Self::Ewma => &EWMA,
            Self::StdDev => &STD_DEV,
            Self::Percentile => &PERCENTILE,
            Self::Seasonal => &SEASONAL,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A method with values for its parameters, all within their limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    method: Method,
    values: [f64; 2],
    zone: Tz,
}

impl Settings {
    /// A method at its defaults, in UTC.
    #[must_use]
    pub fn new(method: Method) -> Self {
        Self { method, values: method.parameters().each_ref().map(|parameter| parameter.default), zone: Tz::UTC }
    }

    /// The same with another value for one parameter.
    pub fn with(mut self, name: &str, value: f64) -> Result<Self, SettingsError> {
        let parameters = self.method.parameters();
        let found = parameters.iter().zip(&mut self.values).find(|(parameter, _)| parameter.name == name);
        let Some((parameter, place)) = found else {
            return Err(SettingsError::Parameter { method: self.method, given: name.to_owned() });
        };
        if !(parameter.least..=parameter.most).contains(&value) {
            return Err(SettingsError::Value { parameter, given: value });
        }
        *place = value;
        Ok(self)
    }

    /// The same with hours of the week as the clocks of a zone show them.
    #[must_use]
    pub const fn in_zone(mut self, zone: Tz) -> Self {
        self.zone = zone;
        self
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The values, in the order of [`Method::parameters`].
    #[must_use]
    pub const fn values(&self) -> [f64; 2] {
        self.values
    }

    /// Whose clocks tell the hour of the week.
    #[must_use]
    pub const fn zone(&self) -> Tz {
        self.zone
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Method::default())
    }
}

fn names<'a>(all: impl Iterator<Item = &'a str>) -> String {
    all.collect::<Vec<_>>().join(", ")
}

/// Settings that do not exist.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum SettingsError {
    /// No such method.
    #[error("{}", say!("there is no method “{given}”; choose one of {methods}", .given, names(Method::ALL.iter().map(|method| method.word()))))]
    Method {
        /// What was asked for.
        given: String,
    },
    /// The method has no such parameter.
    #[error("{}", say!("{method} has no parameter “{given}”; it has {parameters}", .method, .given, names(method.parameters().iter().map(|one| one.name))))]
    Parameter {
        /// The method.
        method: Method,
        /// What was asked for.
        given: String,
    },
    /// The parameter cannot have that value.
    #[error("{}", say!("{parameter} is from {least} to {most}, not {given}", parameter.name, parameter.least, parameter.most, .given))]
    Value {
        /// Which parameter.
        parameter: &'static Parameter,
        /// What was asked for.
        given: f64,
    },
}
