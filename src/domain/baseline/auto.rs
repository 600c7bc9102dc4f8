//! `auto`: nothing like it was ever seen, the level moved as it never did, or the rhythm broke.
//!
//! Three channels look at every point, and the more surprised one speaks:
//!
//! - **novelty.** The distances from the value, and from the last two, three and four values, to the nearest ever seen
//!   (`cover`), each as `-log10` of its tail probability among all earlier ones (`tail`); their mean.
//! - **level.** The distance of a short average (12 points) from a slow one (50 points, deaf to outliers), likewise as
//!   `-log10` of its tail probability, less 0.75: neighbouring averages are alike, so their tail has fewer voices than
//!   points.
//! - **rhythm.** Likewise the short average of the distances from what this hour of the day, or of the week, usually has
//!   (`rhythm`); heard only where there is a rhythm.
//!
//! With `s` the greatest of them, the `n`-th point is an anomaly when `s >= log10(√n / rarity) + weariness`, that is,
//! when its chance is below `rarity / √n`. The threshold rises with `n` because a longer memory has more chances to be
//! surprised; up to 2,000 it is that of 2,000, because few points tell little of what is rare. The weariness is 0.1 for
//! every anomaly told, and fades in 3,000 points: whoever cries often must have more cause. After an anomaly nothing is
//! told for `quiet_hours`: one incident is one anomaly.
//!
//! Nothing is said before 100 points. On its first day every hour is new and most of what it brings was never seen, so
//! until 100 points had the same hour of an earlier day behind them (32 hours of five minutes, 124 hours of hours; at
//! most 2,000 points, where they come so thick that no day comes round) only the blatant is told: what has a chance below
//! a fifth of one in all that was seen. It wearies nobody, since nobody could know better.
//!
//! The score is `s / (s + threshold)`: one half exactly at the threshold.

use super::cover::{Cover, PARTS, Shape};
use super::numbers::{BrokenMemory, Reader, Writer};
use super::rhythm::Rhythm;
use super::tail::Tail;
use super::{Band, Cause, Lesson, QUIET_SCORE, Verdict};
use crate::domain::ratio::{float, nearest};
use crate::domain::time::Instant;

/// Points before anything is said, and points with the same hour of an earlier day behind them before the first day ends.
const LEARNING: i64 = 100;
/// Points until which the threshold is that of so many, and after which the first day has ended wherever it stands.
const GROWN: i64 = 2000;
/// How many times rarer than one in all that was seen something must be to be told on the first day.
const BLATANT: f64 = 5.0;
/// How many points the memory spans.
const HORIZON: i64 = 10_000;
/// Weight of a point in the short average.
const SHORT: f64 = 1.0 / 12.0;
/// Weight of a point in the slow average.
const SLOW: f64 = 1.0 / 50.0;
/// Beyond so many mean deviations a point pulls the slow average no harder.
const DEAF: f64 = 3.0;
/// What the channels of averages are held back by.
const AVERAGE_DISCOUNT: f64 = 0.75;
/// Hours in the rounds of a rhythm: a day, a week.
const ROUNDS: [usize; 2] = [24, 168];
/// How much harder it becomes to speak with every anomaly told.
const WEARY: f64 = 0.1;
/// In how many points that fades.
const RESTED: f64 = 3000.0;

/// What `auto` remembers of a series.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Auto {
    rarity: f64,
    quiet_seconds: i64,
    /// Points learned.
    seen: i64,
    /// The newest values, newest first.
    last: Shape,
    cover: Cover,
    novelty: [Tail; PARTS],
    short: f64,
    slow: f64,
    /// Mean distance of the short average from the slow one, outliers tamed.
    sway: f64,
    level: Tail,
    /// The rhythms of the day and of the week, each with how far from 0 the short average of its residuals was.
    rhythms: [(Rhythm, Tail); 2],
    /// Distances of the points themselves from the slow average: the band.
    around: Tail,
    weariness: f64,
    told: Option<i64>,
    /// `1 - 1 / HORIZON` and `e^(-1 / RESTED)`.
    fading: (f64, f64),
}

fn fading() -> (f64, f64) {
    (1.0 - 1.0 / float(HORIZON), (-1.0 / RESTED).exp())
}

impl Auto {
    pub(super) fn new([rarity, quiet_hours]: [f64; 2]) -> Self {
        Self {
            rarity,
            quiet_seconds: nearest(quiet_hours * 3600.0),
            seen: 0,
            last: [0.0; PARTS],
            cover: Cover::new(),
            novelty: std::array::from_fn(|_| Tail::new()),
            short: 0.0,
            slow: 0.0,
            sway: 0.0,
            level: Tail::new(),
            rhythms: ROUNDS.map(|hours| (Rhythm::new(hours), Tail::new())),
            around: Tail::new(),
            weariness: 0.0,
            told: None,
            fading: fading(),
        }
    }

    fn threshold(&self) -> f64 {
        let n = float((self.seen + 1).clamp(GROWN, HORIZON));
        let usual = (n.sqrt() / self.rarity).log10() + self.weariness;
        if self.is_first_day() { usual.max((BLATANT * float(self.seen)).log10()) } else { usual }
    }

    fn is_first_day(&self) -> bool {
        let [(day, _), _] = &self.rhythms;
        day.compared() < LEARNING && self.seen < GROWN
    }

    pub(super) fn band(&self) -> Option<Band> {
        if self.seen < LEARNING {
            return None;
        }
        // what is rarer than the tail can tell has no edge, yet an anomaly says what was expected
        let reach = self.around.distance_at(self.threshold());
        let edge = |sign: f64| reach.map(|reach| self.slow + sign * reach);
        Some(Band { expected: self.slow, low: edge(-1.0), high: edge(1.0) })
    }

    /// Weight of the next point in an average that has not run for long yet.
    fn weight(&self, settled: f64) -> f64 {
        settled.max(1.0 / float(self.seen + 1))
    }

    pub(super) fn update(&mut self, at: Instant, value: f64, lesson: Lesson) -> Verdict {
        let shape = if self.seen == 0 { [value; PARTS] } else { [value, self.last[0], self.last[1], self.last[2]] };
        let distances = self.cover.distances(&shape);
        let short = if self.seen == 0 { value } else { self.short + self.weight(SHORT) * (value - self.short) };
        let slow = if self.seen == 0 { value } else { self.slow };
        let off_beat = self.rhythms.each_ref().map(|(rhythm, _)| rhythm.drift_with(at, value, SHORT));
        let verdict = self.judge(at, &distances, (short - slow).abs(), off_beat);
        if lesson == Lesson::Learn {
            for ((rhythm, tail), drift) in self.rhythms.iter_mut().zip(off_beat) {
                if let Some(drift) = drift {
                    tail.learn(drift.abs(), float(HORIZON));
                }
                rhythm.learn(at, value, drift);
            }
            self.learn(&shape, &distances, short, slow);
        }
        verdict
    }

    fn judge(&mut self, at: Instant, distances: &Shape, sway: f64, off_beat: [Option<f64>; 2]) -> Verdict {
        if self.seen < LEARNING {
            return Verdict::Learning;
        }
        let novelty = self.novelty.iter().zip(distances).map(|(tail, distance)| tail.surprise(*distance));
        let novelty = novelty.sum::<f64>() / 4.0;
        let level = self.level.surprise(sway) - AVERAGE_DISCOUNT;
        let rhythm = self.off_beat(off_beat);
        let surprise = novelty.max(level).max(rhythm).max(0.0);
        let threshold = self.threshold();
        let score = surprise / (surprise + threshold);
        let quiet = self.told.is_some_and(|told| at.seconds() - told < self.quiet_seconds);
        if surprise >= threshold && !quiet {
            self.told = Some(at.seconds());
            self.weariness += if self.is_first_day() { 0.0 } else { WEARY };
            let cause = match () {
                () if novelty >= level.max(rhythm) => Cause::NeverSeen,
                () if level >= rhythm => Cause::LevelMoved,
                () => Cause::OffBeat,
            };
            Verdict::Anomaly { score, cause }
        } else {
            Verdict::Normal { score: score.min(QUIET_SCORE) }
        }
    }

    /// How surprising the distance from the rhythm is, the week's if that explains more than the day's.
    fn off_beat(&self, drifts: [Option<f64>; 2]) -> f64 {
        let [day, week] = &self.rhythms;
        let weekly = week.0.is_heard() && week.0.explains_more_than(&day.0);
        let ((rhythm, tail), drift) = if weekly { (week, drifts[1]) } else { (day, drifts[0]) };
        let heard = drift.filter(|_| rhythm.is_heard());
        heard.map_or(0.0, |drift| tail.surprise(drift.abs()) - AVERAGE_DISCOUNT)
    }

    fn learn(&mut self, shape: &Shape, distances: &Shape, short: f64, slow: f64) {
        let horizon = float(HORIZON);
        let sway = short - slow;
        for (tail, distance) in self.novelty.iter_mut().zip(distances) {
            tail.learn(*distance, horizon);
        }
        self.level.learn(sway.abs(), horizon);
        self.around.learn((shape[0] - slow).abs(), horizon);
        self.cover.learn(shape, distances, self.seen, HORIZON, self.fading.0);
        let weight = self.weight(SLOW);
        let tamed = if self.sway > 0.0 { sway.clamp(-DEAF * self.sway, DEAF * self.sway) } else { sway };
        self.slow = slow + weight * tamed;
        self.sway += weight * (tamed.abs() - self.sway);
        self.short = short;
        self.last = *shape;
        self.seen += 1;
        self.weariness *= self.fading.1;
    }

    pub(super) fn write(&self, to: &mut Writer) {
        to.count(self.seen);
        to.numbers(&self.last);
        to.numbers(&[self.short, self.slow, self.sway, self.weariness]);
        to.maybe(self.told);
        self.cover.write(to);
        self.novelty.iter().chain([&self.level, &self.around]).for_each(|tail| tail.write(to));
        for (rhythm, tail) in &self.rhythms {
            rhythm.write(to);
            tail.write(to);
        }
    }

    pub(super) fn read(values: [f64; 2], from: &mut Reader<'_>) -> Result<Self, BrokenMemory> {
        let mut read = Self::new(values);
        read.seen = from.count()?;
        for value in read.last.iter_mut().chain([&mut read.short, &mut read.slow, &mut read.sway, &mut read.weariness])
        {
            *value = from.number()?;
        }
        read.told = from.maybe()?;
        read.cover = Cover::read(from)?;
        for tail in read.novelty.iter_mut().chain([&mut read.level, &mut read.around]) {
            *tail = Tail::read(from)?;
        }
        for ((rhythm, tail), hours) in read.rhythms.iter_mut().zip(ROUNDS) {
            (*rhythm, *tail) = (Rhythm::read(hours, from)?, Tail::read(from)?);
        }
        if read.seen >= 0 { Ok(read) } else { Err(BrokenMemory) }
    }
}

#[cfg(test)]
mod tests {
    use super::Auto;
    use crate::domain::baseline::{Lesson, Verdict};
    use crate::domain::ratio::float;
    use crate::domain::time::Instant;

    /// Monday 2026-01-05T00:00:00Z.
    const MONDAY: i64 = 1_767_571_200;

    fn after(points: i64, seconds: i64, rarity: f64) -> Auto {
        let mut auto = Auto::new([rarity, 12.0]);
        for index in 0..points {
            auto.update(Instant::from_seconds(MONDAY + seconds * index), float(index % 7), Lesson::Learn);
        }
        auto
    }

    #[test]
    fn the_threshold_falls_after_the_first_day_and_rises_after_a_week() {
        // by hand: a day's points and then 100; with a point a day the first day ends when the second begins, so the
        // third point is the first of the 100
        let ends = [(45, 2000), (60, 1440 + 100), (300, 288 + 100), (600, 144 + 100), (3600, 24 + 100), (86_400, 102)];
        let at = |points, seconds, rarity| after(points, seconds, rarity).threshold();
        for (seconds, end) in ends {
            let before = (5.0 * float(end - 1)).log10();
            assert!((at(end - 1, seconds, 0.5) - before).abs() < 1e-9, "every {seconds} s");
            // log10(√2000 / 0.5) = log10(8000) / 2, or that of 2001 points
            assert!((at(end, seconds, 0.5) - 1.951_545).abs() < 2e-4, "every {seconds} s");
        }
        assert!((at(8000, 300, 0.5) - 2.252_602).abs() < 1e-4, "log10(√8001 / 0.5)");
        assert!((at(120, 300, 0.01) - 3.650_515).abs() < 1e-6, "never below the usual: log10(√2000 / 0.01)");
    }

    #[test]
    fn what_is_told_on_the_first_day_wearies_nobody() {
        for (points, weary) in [(200, 0.0), (500, 0.1)] {
            let mut auto = after(points, 300, 0.5);
            let verdict = auto.update(Instant::from_seconds(MONDAY + 300 * points), 500.0, Lesson::Ignore);
            assert!(matches!(verdict, Verdict::Anomaly { .. }) && (auto.weariness - weary).abs() < 1e-9, "{points}");
        }
    }
}
