//! Everything that chance decides about a service, drawn in integers.

use super::{BOUNDS, Class, LEAD_MINUTES, Requests, Setup};

/// A small generator of pseudo-random numbers (`SplitMix64`), the same on every machine.
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number in `[from, until)`; the tiny preference of the remainder for small numbers does not matter here.
    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        let width = u64::try_from(until - from).expect("a range must not be empty");
        from + i64::try_from(self.next() % width).expect("the width came from an i64")
    }

    fn coin(&mut self) -> bool {
        self.between(0, 2) == 0
    }

    /// `millionths / 1 000 000` events, the fraction decided by chance.
    fn round(&mut self, millionths: i64) -> i64 {
        millionths / MILLION + i64::from(self.between(0, MILLION) < millionths % MILLION)
    }
}

const MILLION: i64 = 1_000_000;

/// When a restart falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// At the start of the minute: the events after the last scrape are gone.
    AtMinute,
    /// Just before the minute's scrape: a whole minute's events are gone, and the scrape sees a process without any.
    AtScrape,
}

/// What became of a minute's scrape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// It reached the process.
    Scraped,
    /// The monitor tried and failed: `up` is 0.
    ProcessDown,
    /// Nobody tried: there is not even `up`.
    MonitorDown,
}

#[derive(Clone, Copy)]
struct PlannedMinute {
    reach: Reach,
    restart: Option<Restart>,
    /// Requests in millionths.
    rate: i64,
    /// The shares of 404, 500 and 503, in parts per million.
    shares: [i64; 3],
    troubled: bool,
}

/// The life of one service, minute by minute.
pub struct Plan {
    chance: Chance,
    minutes: Vec<PlannedMinute>,
    /// The part of a minute that lies before its scrape, in parts per 60 000.
    offset: i64,
    earlier: i64,
    /// Whose fault the latest missing scrapes were.
    monitor_fails: bool,
}

/// The traffic of each hour of the day, in percent of the average.
const DAY: [i64; 24] =
    [45, 40, 38, 38, 42, 52, 70, 92, 118, 138, 146, 148, 142, 140, 144, 146, 140, 130, 122, 116, 108, 94, 76, 58];
/// Of a million requests, those in each bucket on a good day and on a bad one, and what a request there takes.
const GOOD_DAY: [i64; BOUNDS.len()] = [620_000, 280_000, 75_000, 20_000, 4_000, 1_000];
const BAD_DAY: [i64; BOUNDS.len()] = [200_000, 300_000, 250_000, 150_000, 80_000, 20_000];
const TYPICAL_MS: [i64; BOUNDS.len()] = [50, 170, 350, 700, 1_600, 4_000];

impl Plan {
    pub fn draw(setup: &Setup, length: usize) -> Self {
        let mut chance = Chance::new(mix(setup));
        let milli_rate = match setup.class {
            Class::Low => chance.between(10, 1_500),
            _ => [chance.between(5_000, 60_000), chance.between(60_000, 3_000_000)][usize::from(chance.coin())],
        };
        let usual = [chance.between(500, 10_000), chance.between(20, 900), chance.between(20, 500)];
        let first_hour = (setup.end / 3600) - i64::try_from(length).expect("a length fits") / 60;
        let minutes = (0..length).map(|minute| {
            let hour = first_hour + i64::try_from(minute / 60).expect("minutes fit");
            let of_day = DAY[usize::try_from(hour.rem_euclid(24)).expect("it is below 24")];
            let of_week = if (hour.div_euclid(24) + 3).rem_euclid(7) >= 5 { 60 } else { 100 };
            let rate = milli_rate * of_day * of_week / 10;
            PlannedMinute { reach: Reach::Scraped, restart: None, rate, shares: usual, troubled: false }
        });
        let minutes = minutes.collect();
        let earlier = if setup.class == Class::Low { 0 } else { milli_rate * 4_320 / 1_000 };
        let mut plan = Self { chance, minutes, offset: i64::from(setup.offset_ms), earlier, monitor_fails: false };
        plan.plan_troubles();
        plan.plan_silences_and_restarts(setup);
        plan
    }

    pub fn length(&self) -> usize {
        self.minutes.len()
    }

    /// Requests that the process served before the history begins.
    pub fn earlier_requests(&self) -> i64 {
        self.earlier
    }

    pub fn restart(&self, minute: usize) -> Option<Restart> {
        self.minutes[minute].restart
    }

    pub fn reach(&self, minute: usize) -> Reach {
        self.minutes[minute].reach
    }

    pub fn requests_before_scrape(&mut self, minute: usize) -> Requests {
        self.requests(minute, self.offset)
    }

    pub fn requests_after_scrape(&mut self, minute: usize) -> Requests {
        self.requests(minute, 60_000 - self.offset)
    }

    fn requests(&mut self, minute: usize, part: i64) -> Requests {
        let PlannedMinute { rate, shares, troubled, .. } = self.minutes[minute];
        let swing = self.chance.between(600, 1_401);
        let count = self.chance.round(rate * part / 60_000 * swing / 1_000);
        let mut requests = Requests::default();
        let mut left = count;
        for (place, share) in shares.into_iter().enumerate() {
            let events = self.chance.round(count * share).min(left);
            requests.codes[place + 1] = events;
            left -= events;
        }
        requests.codes[0] = left;
        let (mut left, mut share_left) = (count, MILLION);
        for (place, share) in if troubled { BAD_DAY } else { GOOD_DAY }.into_iter().enumerate() {
            let events = self.chance.round(left * (share * MILLION / share_left)).min(left);
            requests.buckets[place] = events;
            requests.sum_ms += events * TYPICAL_MS[place];
            left -= events;
            share_left -= share;
        }
        requests
    }

    /// Incidents: spells of minutes to hours with more errors and slower answers.
    fn plan_troubles(&mut self) {
        for _ in 0..self.times(4) {
            let length = self.spell(4, 300);
            let share = self.chance.between(10_000, 600_000);
            for minute in self.span(length) {
                self.minutes[minute].shares[1..].copy_from_slice(&[share * 7 / 10, share * 3 / 10]);
                self.minutes[minute].troubled = true;
            }
        }
    }

    fn plan_silences_and_restarts(&mut self, setup: &Setup) {
        use Class::{Clean, Gaps, Low, Mixed, Resets};
        if matches!(setup.class, Gaps | Mixed) {
            for _ in 0..self.times(20) {
                let length = self.spell(1, 31);
                self.silence(length);
            }
            let hours = self.chance.between(120, 361);
            self.silence(hours);
        }
        if matches!(setup.class, Resets | Low | Mixed) {
            for _ in 0..self.times(if setup.class == Low { 2 } else { 8 }) {
                let length = if self.chance.coin() { self.chance.between(1, 4) } else { 0 };
                let silent = self.silence(length);
                let kind = if self.chance.coin() { Restart::AtMinute } else { Restart::AtScrape };
                self.minutes[silent.start].restart = Some(kind);
            }
        }
        if matches!(setup.class, Resets | Mixed) {
            let start = self.span(0).start; // a crash loop: the second restart often outgrows what the first one showed
            self.minutes[start..start + 4].iter_mut().for_each(|minute| minute.restart = Some(Restart::AtMinute));
        }
        if setup.class == Mixed
            && let Some(start) = self.minutes.windows(7).position(|w| w.iter().all(|m| m.reach != Reach::Scraped))
        {
            self.minutes[start + 3].restart = Some(Restart::AtMinute);
        }
        debug_assert!(setup.class != Clean || self.minutes.iter().all(|m| m.reach == Reach::Scraped));
    }

    /// Leaves out some scrapes, of the two kinds in turn; the span that it chose.
    fn silence(&mut self, length: i64) -> std::ops::Range<usize> {
        self.monitor_fails = !self.monitor_fails;
        let reach = if self.monitor_fails { Reach::MonitorDown } else { Reach::ProcessDown };
        let span = self.span(length);
        for minute in span.clone() {
            self.minutes[minute].reach = reach;
        }
        span
    }

    /// So many times in thirty days, and at least twice.
    fn times(&self, in_thirty_days: i64) -> i64 {
        let minutes = i64::try_from(self.minutes.len()).expect("a length fits");
        (in_thirty_days * minutes / 43_200).max(2)
    }

    /// A length in minutes, short ones likelier than long ones.
    fn spell(&mut self, from: i64, until: i64) -> i64 {
        let longest = self.chance.between(from, until) + 1;
        self.chance.between(from, longest)
    }

    /// A span of `length` minutes after the lead and at least five minutes before the end.
    fn span(&mut self, length: i64) -> std::ops::Range<usize> {
        let minutes = i64::try_from(self.minutes.len()).expect("a length fits");
        let start = self.chance.between(LEAD_MINUTES, (minutes - length - 5).max(LEAD_MINUTES + 1));
        let end = (start + length).min(minutes);
        usize::try_from(start).expect("it is positive")..usize::try_from(end).expect("it is positive")
    }
}

/// One seed from the setup's parts, so that services with one seed still differ.
fn mix(setup: &Setup) -> u64 {
    let mut mixed = setup.seed ^ 0xcbf2_9ce4_8422_2325;
    for byte in format!("{} {:?} {:?}", setup.service, setup.class, setup.identity).bytes() {
        mixed = (mixed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    mixed
}
