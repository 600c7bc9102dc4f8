//! The rhythm of the day or of the week, where there is one.
//!
//! Each hour (UTC) of the day, or of the week, has a level: the average of that hour's means over the rounds, with the
//! weight `max(0.15, 1 / rounds)` for the newest. The residual of a point is its distance from the level of its hour as
//! earlier rounds left it, and what counts is the short average of the residuals: a day that is weaker, later or missing
//! shows there and nowhere else.
//!
//! Not every series has a rhythm, and on one without the residuals are only a worse level. So a rhythm is heard once it
//! could be compared for as long as it had to learn, and while it explains something: while the mean size of the
//! residuals is below 0.7 of that of the distances from the plain mean.

use super::numbers::{BrokenMemory, Reader, Writer};
use crate::domain::ratio::float;
use crate::domain::time::Instant;

/// Hours in the longest round.
const HOURS: usize = 168;
/// Weight of the newest round.
const NEWEST: f64 = 0.15;
/// Points over which the rhythm must prove itself.
const PROOF: f64 = 2000.0;
/// The residuals must be smaller than this part of the plain distances.
const WORTH: f64 = 0.7;

/// One rhythm of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rhythm {
    levels: Vec<f64>,
    rounds: Vec<i64>,
    /// The hour under way, since the epoch, its points and their mean.
    hour: i64,
    points: i64,
    mean_of_hour: f64,
    /// Points learned, their mean, and the mean sizes of the distances from it and from the rhythm.
    seen: i64,
    mean: f64,
    plain: f64,
    compared: i64,
    residual: f64,
    /// The short average of the residuals.
    drift: f64,
}

impl Rhythm {
    /// With rounds of so many hours, at most a week.
    pub(super) fn new(hours: usize) -> Self {
        let hours = hours.clamp(1, HOURS);
        Self {
            levels: vec![0.0; hours],
            rounds: vec![0; hours],
            hour: 0,
            points: 0,
            mean_of_hour: 0.0,
            seen: 0,
            mean: 0.0,
            plain: 0.0,
            compared: 0,
            residual: 0.0,
            drift: 0.0,
        }
    }

    fn place(&self, hour: i64) -> usize {
        let hours = i64::try_from(self.levels.len()).unwrap_or(1);
        usize::try_from(hour.rem_euclid(hours)).unwrap_or_default()
    }

    /// The distance from what earlier rounds had at this hour, if they had anything.
    fn distance(&self, at: Instant, value: f64) -> Option<f64> {
        let place = self.place(at.minute().hour().0);
        let known = self.rounds.get(place).is_some_and(|rounds| *rounds > 0);
        self.levels.get(place).filter(|_| known).map(|level| value - level)
    }

    /// How many points had the same hour of an earlier round behind them.
    pub(super) const fn compared(&self) -> i64 {
        self.compared
    }

    /// Whether the rhythm explains enough to be heard.
    pub(super) fn is_heard(&self) -> bool {
        2 * self.compared >= self.seen && self.residual < WORTH * self.plain
    }

    /// Whether it explains more than another one.
    pub(super) fn explains_more_than(&self, other: &Self) -> bool {
        self.residual < other.residual
    }

    /// The short average of the residuals with this point, if earlier rounds knew its hour.
    pub(super) fn drift_with(&self, at: Instant, value: f64, weight: f64) -> Option<f64> {
        self.distance(at, value).map(|distance| self.drift + weight * (distance - self.drift))
    }

    pub(super) fn learn(&mut self, at: Instant, value: f64, drift: Option<f64>) {
        self.drift = drift.unwrap_or(self.drift);
        let hour = at.minute().hour().0;
        if let Some(distance) = self.distance(at, value) {
            self.compared += 1;
            let weight = (1.0 / PROOF).max(1.0 / float(self.compared));
            self.residual += weight * (distance.abs() - self.residual);
            self.plain += weight * ((value - self.mean).abs() - self.plain);
        }
        if hour != self.hour {
            self.fold();
            (self.hour, self.points, self.mean_of_hour) = (hour, 0, 0.0);
        }
        self.points += 1;
        self.mean_of_hour += (value - self.mean_of_hour) / float(self.points);
        self.seen += 1;
        self.mean += (1.0 / PROOF).max(1.0 / float(self.seen)) * (value - self.mean);
    }

    /// The hour under way has ended.
    fn fold(&mut self) {
        let place = self.place(self.hour);
        let hour = self.rounds.get_mut(place).zip(self.levels.get_mut(place)).filter(|_| self.points > 0);
        if let Some((rounds, level)) = hour {
            *rounds += 1;
            *level += NEWEST.max(1.0 / float(*rounds)) * (self.mean_of_hour - *level);
        }
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.numbers(&self.levels);
        to.counts(&self.rounds);
        to.counts(&[self.hour, self.points, self.seen, self.compared]);
        to.numbers(&[self.mean_of_hour, self.mean, self.plain, self.residual, self.drift]);
    }

    pub(super) fn read(hours: usize, from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let mut read = Self::new(hours);
        for level in &mut read.levels {
            *level = from.number()?;
        }
        for rounds in &mut read.rounds {
            *rounds = from.count()?;
        }
        for count in [&mut read.hour, &mut read.points, &mut read.seen, &mut read.compared] {
            *count = from.count()?;
        }
        for number in [&mut read.mean_of_hour, &mut read.mean, &mut read.plain, &mut read.residual, &mut read.drift] {
            *number = from.number()?;
        }
        Ok(read)
    }
}
