//! Traffic with exact truth: a simulated process is scraped once a minute, and its events are known.
//!
//! What a careful reader can recover from the samples is less than what happened: events between the last scrape and a
//! restart are gone. So the truth is kept twice, as what *happened* and as what the samples *reveal*, and both come from
//! the process (its events, its restarts, which scrape reached it), never from reading the written text again.
//!
//! A sample reveals, in its own minute:
//! - the events since the previous scrape of the process, if the process lived on;
//! - every event since the restart, if it restarted. Only where the new value is not below the last one does the restart
//!   stay unseen: then the difference is all that anyone can see;
//! - every event of its life, if the previous scrape reached the process and did not show the series (a label that
//!   appears on first use);
//! - nothing, at the first scrape ever: those events are of unknown age.
//!
//! Everything is integer arithmetic on an own generator, so the same setup gives the same traffic everywhere.

mod plan;
mod text;

use plan::{Plan, Reach, Restart};
pub use text::write;

/// The status codes, in the order of the first four series.
pub const CODES: [&str; 4] = ["200", "404", "500", "503"];
/// The bounds of the latency buckets in seconds, in the order of the series after the codes.
pub const BOUNDS: [&str; 6] = ["0.1", "0.25", "0.5", "1", "2.5", "+Inf"];
/// The place of the bound 0.5 s among [`BOUNDS`]: requests within it are fast.
const FAST: usize = 2;
/// Minutes before the first whole day, so that every window has a sample before it.
pub const LEAD_MINUTES: i64 = 60;

/// What the life of a service is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Steady, always scraped, never restarted.
    Clean,
    /// Restarts, half of them with one to three scrapes missing.
    Resets,
    /// Scrapes missing for minutes and once for hours.
    Gaps,
    /// Hardly any requests, labels that appear on first use, few restarts.
    Low,
    /// Restarts, gaps, restarts within gaps, and labels that appear on first use.
    Mixed,
}

impl Class {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Resets, Self::Gaps, Self::Low, Self::Mixed];

    /// Whether a label appears only when it is first used, as with client libraries that were not told the labels.
    fn is_lazy(self) -> bool {
        matches!(self, Self::Low | Self::Mixed)
    }
}

/// Which labels tell the scraped process apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// No `job`, no `instance`, no `up`: only the latency histogram, which is always there, witnesses a scrape.
    Bare,
    /// `job` and `instance` on every series, and an `up` series that is 1 for each scrape that reached the process and 0
    /// for one that did not.
    Process {
        /// The value of `job`.
        job: String,
        /// The value of `instance`.
        instance: String,
    },
}

/// What to simulate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// The value of the `service` label.
    pub service: String,
    /// What its life is like.
    pub class: Class,
    /// Which labels tell its process apart.
    pub identity: Identity,
    /// The source of all chance.
    pub seed: u64,
    /// Days of history, besides [`LEAD_MINUTES`].
    pub days: u32,
    /// Where it ends, in seconds since the epoch; a whole minute.
    pub end: i64,
    /// When in its minute each scrape happens, in milliseconds, above 0 and below 60 000.
    pub offset_ms: u32,
}

/// Events, or those of them that the samples reveal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Requests by the counter of codes.
    pub total: i64,
    /// Those of `total` with a code of 500 or above.
    pub bad: i64,
    /// Requests by the histogram's `_count`. At times other than `total`: a histogram without labels has no births.
    pub timed: i64,
    /// Those of `timed` that took half a second or less.
    pub fast: i64,
    /// Those of `timed` within each of [`BOUNDS`], the last of which bounds nothing.
    pub within: [i64; BOUNDS.len()],
    /// How long `timed` took together, in milliseconds.
    pub took_ms: i64,
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.total += other.total;
        self.bad += other.bad;
        self.timed += other.timed;
        self.fast += other.fast;
        self.within.iter_mut().zip(other.within).for_each(|(sum, one)| *sum += one);
        self.took_ms += other.took_ms;
    }
}

/// One minute's truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Whether a scrape reached the process in this minute.
    pub scraped: bool,
    /// What happened between the minute's start and its end.
    pub happened: Counts,
    /// What the sample in this minute reveals to a careful reader; nothing where there is no sample.
    pub revealed: Counts,
}

/// One scrape, as the monitor stored it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scrape {
    /// Milliseconds since the epoch.
    at_ms: i64,
    /// The codes, then the buckets with `+Inf` last; `None` where the series was not exposed. `None` altogether: the
    /// scrape did not reach the process, which only `up` tells.
    values: Option<[Option<i64>; SERIES]>,
    /// The histogram's sum in milliseconds.
    sum_ms: i64,
}

const SERIES: usize = CODES.len() + BOUNDS.len();

/// A simulated history and the truth about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    setup: Setup,
    scrapes: Vec<Scrape>,
    /// The first minute, in seconds since the epoch.
    pub start: i64,
    /// The truth, minute by minute from `start`.
    pub minutes: Vec<Minute>,
    /// Restarts after which some counter was not below its last seen value, so that nobody can see them.
    pub hidden_restarts: usize,
}

impl Traffic {
    /// Simulates `setup`.
    pub fn simulate(setup: &Setup) -> Self {
        assert!(setup.end % 60 == 0, "the end must be a whole minute, not {}", setup.end);
        assert!((1..60_000).contains(&setup.offset_ms), "the scrape must lie within its minute");
        let length = i64::from(setup.days) * 1440 + LEAD_MINUTES;
        let start = setup.end - length * 60;
        let mut traffic =
            Self { start, scrapes: Vec::new(), minutes: Vec::new(), hidden_restarts: 0, setup: setup.clone() };
        let mut plan = Plan::draw(setup, usize::try_from(length).expect("a length is not negative"));
        let mut process = Process::new(setup.class.is_lazy(), plan.earlier_requests());
        for minute in 0..plan.length() {
            traffic.live_through(minute, &mut plan, &mut process);
        }
        traffic
    }

    /// What the samples of the minutes in `[from, until)` reveal (seconds since the epoch, whole minutes).
    pub fn revealed(&self, from: i64, until: i64) -> Counts {
        self.sum(from, until, |minute| minute.revealed)
    }

    /// What happened in `[from, until)` (seconds since the epoch, whole minutes), seen or not.
    pub fn happened(&self, from: i64, until: i64) -> Counts {
        self.sum(from, until, |minute| minute.happened)
    }

    /// What was simulated.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    fn sum(&self, from: i64, until: i64, of: impl Fn(&Minute) -> Counts) -> Counts {
        assert!(from % 60 == 0 && until % 60 == 0, "windows are whole minutes");
        let mut sum = Counts::default();
        for (at, minute) in (self.start..).step_by(60).zip(&self.minutes) {
            if (from..until).contains(&at) {
                sum += of(minute);
            }
        }
        sum
    }

    fn live_through(&mut self, minute: usize, plan: &mut Plan, process: &mut Process) {
        let mut truth = Minute::default();
        let restart = plan.restart(minute);
        if restart == Some(Restart::AtMinute) {
            process.restart();
        }
        truth.happened += process.serve(&plan.requests_before_scrape(minute));
        if restart == Some(Restart::AtScrape) {
            process.restart();
        }
        let at_ms = (self.start + i64::try_from(minute).expect("minutes fit") * 60) * 1000;
        let at_ms = at_ms + i64::from(self.setup.offset_ms);
        match plan.reach(minute) {
            Reach::Scraped => {
                let (values, revealed, hidden) = process.scrape();
                self.scrapes.push(Scrape { at_ms, values: Some(values), sum_ms: process.sum_ms.life });
                self.hidden_restarts += usize::from(hidden);
                truth.scraped = true;
                truth.revealed = revealed;
            }
            Reach::ProcessDown => self.scrapes.push(Scrape { at_ms, values: None, sum_ms: 0 }),
            Reach::MonitorDown => {}
        }
        truth.happened += process.serve(&plan.requests_after_scrape(minute));
        self.minutes.push(truth);
    }
}

/// Requests of some seconds: how many ended with which code, and how many in which bucket (each once, not cumulative).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Requests {
    codes: [i64; CODES.len()],
    buckets: [i64; BOUNDS.len()],
    sum_ms: i64,
}

/// One counter of the process, with what its last scrape knew.
#[derive(Clone, Copy, Debug, Default)]
struct Counter {
    /// Events since the process started.
    life: i64,
    /// Events since the last scrape of the process, or since it started if that is later.
    since: i64,
    /// Whether the process shows it.
    exposed: bool,
    /// Whether the process restarted since its last scrape.
    restarted: bool,
    /// What the last scrape of the process showed, if it showed this counter.
    last: Option<i64>,
}

impl Counter {
    fn add(&mut self, events: i64) {
        self.life += events;
        self.since += events;
        self.exposed |= events > 0;
    }

    fn restart(&mut self, lazy: bool) {
        *self = Self { exposed: !lazy, restarted: true, last: self.last, ..Self::default() };
    }

    /// Whether a restart happened that the next sample cannot show.
    fn hides_a_restart(&self) -> bool {
        self.restarted && self.exposed && self.last.is_some_and(|last| self.life >= last && last > 0)
    }

    /// The value a scrape stores, and the events that it reveals.
    fn scrape(&mut self, first_ever: bool) -> (Option<i64>, i64) {
        let revealed = match self.last {
            _ if first_ever || !self.exposed => 0,
            None => self.life,
            Some(last) if self.hides_a_restart() => self.life - last,
            Some(_) => self.since,
        };
        self.last = self.exposed.then_some(self.life);
        self.since = 0;
        self.restarted = false;
        (self.last, revealed)
    }
}

/// The simulated process.
struct Process {
    lazy: bool,
    scraped_before: bool,
    codes: [Counter; CODES.len()],
    /// Cumulative, as a classic histogram is.
    buckets: [Counter; BOUNDS.len()],
    sum_ms: Counter,
}

impl Process {
    fn new(lazy: bool, earlier: i64) -> Self {
        let shown = Counter { exposed: true, ..Counter::default() };
        let unused = Counter { exposed: !lazy, ..Counter::default() };
        let mut process = Self {
            lazy,
            scraped_before: false,
            codes: [unused; CODES.len()],
            buckets: [shown; BOUNDS.len()],
            sum_ms: shown,
        };
        process.sum_ms.add(earlier * 50);
        process.codes[0].add(earlier);
        process.buckets.iter_mut().for_each(|bucket| bucket.add(earlier));
        process
    }

    fn restart(&mut self) {
        self.codes.iter_mut().for_each(|counter| counter.restart(self.lazy));
        self.buckets.iter_mut().for_each(|counter| counter.restart(false));
        self.sum_ms.restart(false);
    }

    fn serve(&mut self, requests: &Requests) -> Counts {
        for (counter, events) in self.codes.iter_mut().zip(requests.codes) {
            counter.add(events);
        }
        let mut within = 0;
        for (counter, events) in self.buckets.iter_mut().zip(requests.buckets) {
            within += events;
            counter.add(within);
        }
        self.sum_ms.add(requests.sum_ms);
        let mut within = requests.buckets;
        (1..within.len()).for_each(|place| within[place] += within[place - 1]);
        Counts {
            total: requests.codes.iter().sum(),
            bad: requests.codes[2..].iter().sum(),
            timed: requests.buckets.iter().sum(),
            fast: requests.buckets[..=FAST].iter().sum(),
            within,
            took_ms: requests.sum_ms,
        }
    }

    /// The stored values, what they reveal, and whether one of them hides a restart.
    fn scrape(&mut self) -> ([Option<i64>; SERIES], Counts, bool) {
        let first_ever = !self.scraped_before;
        self.scraped_before = true;
        let (mut values, mut revealed, mut hidden) = ([None; SERIES], [0; SERIES], false);
        for (place, counter) in self.codes.iter_mut().chain(&mut self.buckets).enumerate() {
            hidden |= counter.hides_a_restart();
            (values[place], revealed[place]) = counter.scrape(first_ever);
        }
        hidden |= self.sum_ms.hides_a_restart();
        let (_, took_ms) = self.sum_ms.scrape(first_ever);
        let (codes, buckets) = revealed.split_at(CODES.len());
        let counts = Counts {
            total: codes.iter().sum(),
            bad: codes[2..].iter().sum(),
            timed: buckets[BOUNDS.len() - 1],
            fast: buckets[FAST],
            within: std::array::from_fn(|place| buckets[place]),
            took_ms,
        };
        (values, counts, hidden)
    }
}

#[cfg(test)]
mod tests;
