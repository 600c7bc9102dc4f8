//! The rhythm of the day, where there is one.
//!
//! Each of the 24 hours of the day (UTC) has a level, the average of that hour's means over the days, with the weight
//! `max(0.15, 1 / days)` for the newest. The residual of a point is its distance from the level of its hour as earlier
//! days left it, and what counts is the short average of the residuals: a day that is weaker, later or missing shows
//! there and nowhere else.
//!
//! Not every series has a rhythm, and on one without the residuals are only a worse level. So the rhythm is heard while
//! it explains something: while the mean size of the residuals is below 0.7 of that of the distances from the plain mean.

use super::numbers::{BrokenMemory, Reader, Writer};
use crate::domain::ratio::float;
use crate::domain::time::Instant;

/// Hours in a day.
const HOURS: usize = 24;
/// Weight of the newest day.
const NEWEST: f64 = 0.15;
/// Points over which the rhythm must prove itself.
const PROOF: f64 = 2000.0;
/// The residuals must be smaller than this part of the plain distances.
const WORTH: f64 = 0.7;

/// The rhythm of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Rhythm {
    levels: [f64; HOURS],
    days: [i64; HOURS],
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

fn place(hour: i64) -> usize {
    usize::try_from(hour.rem_euclid(24)).unwrap_or_default()
}

impl Rhythm {
    pub(super) const fn new() -> Self {
        Self {
            levels: [0.0; HOURS],
            days: [0; HOURS],
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

    /// The distance from what earlier days had at this hour, if they had anything.
    fn distance(&self, at: Instant, value: f64) -> Option<f64> {
        let place = place(at.minute().hour().0);
        let known = self.days.get(place).is_some_and(|days| *days > 0);
        self.levels.get(place).filter(|_| known).map(|level| value - level)
    }

    /// Whether the rhythm explains enough to be heard.
    pub(super) fn is_heard(&self) -> bool {
        self.compared > 0 && self.residual < WORTH * self.plain
    }

    /// The short average of the residuals, with this point.
    pub(super) fn drift_with(&self, at: Instant, value: f64, weight: f64) -> f64 {
        self.drift + weight * (self.distance(at, value).unwrap_or_default() - self.drift)
    }

    pub(super) fn learn(&mut self, at: Instant, value: f64, drift: f64) {
        self.drift = drift;
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
        let place = place(self.hour);
        let hour = self.days.get_mut(place).zip(self.levels.get_mut(place)).filter(|_| self.points > 0);
        if let Some((days, level)) = hour {
            *days += 1;
            *level += NEWEST.max(1.0 / float(*days)) * (self.mean_of_hour - *level);
        }
    }

    pub(super) fn write(&self, to: &mut Writer) {
        self.levels.iter().for_each(|level| to.number(*level));
        self.days.iter().for_each(|days| to.count(*days));
        [self.hour, self.points, self.seen, self.compared].into_iter().for_each(|count| to.count(count));
        let numbers = [self.mean_of_hour, self.mean, self.plain, self.residual, self.drift];
        numbers.into_iter().for_each(|number| to.number(number));
    }

    pub(super) fn read(from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let mut read = Self::new();
        for level in &mut read.levels {
            *level = from.number()?;
        }
        for days in &mut read.days {
            *days = from.count()?;
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
