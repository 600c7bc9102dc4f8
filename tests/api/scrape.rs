//! Scraping an endpoint through everything that happens to processes, against the truth of the process itself.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{
    Chance, Endpoint, Ledger, Says, agree, draft, indicators, ledger, open_findings, promise, ratio, source, within,
};
use nines::domain::ids::SourceId;
use nines::domain::model::{ObjectiveKind, SourceSpec};
use nines::ops::pull;
use nines::store;
use std::fmt::Write as _;

/// As long as five minutes between two scrapes still counts as measured.
const SILENCE: i64 = 300;
const CODES: [&str; 4] = ["200", "404", "500", "503"];

/// One counter of the simulated process, and what a scrape of it reveals.
#[derive(Clone, Copy, Default)]
struct Counter {
    /// Events since the process started.
    life: i64,
    /// Those since the last scrape that reached it.
    unseen: i64,
    is_exposed: bool,
    has_restarted: bool,
    /// What the last scrape that reached the process showed.
    shown: Option<i64>,
}

impl Counter {
    fn add(&mut self, events: i64) {
        self.life += events;
        self.unseen += events;
        self.is_exposed |= events > 0;
    }

    fn restart(&mut self, is_exposed: bool) {
        *self = Self { is_exposed, has_restarted: true, shown: self.shown, ..Self::default() };
    }

    /// The events that a scrape reveals. A restart behind which the counter has outgrown its last shown value is invisible:
    /// then the difference is all that anybody can see.
    fn reveal(&mut self, is_first: bool) -> i64 {
        let events = match self.shown {
            _ if is_first || !self.is_exposed => 0,
            None => self.life,
            Some(shown) if self.has_restarted && self.life >= shown => self.life - shown,
            Some(_) if self.has_restarted => self.life,
            Some(_) => self.unseen,
        };
        self.shown = self.is_exposed.then_some(self.life);
        (self.unseen, self.has_restarted) = (0, false);
        events
    }
}

/// The process behind the endpoint: labels appear at first use, the histogram is always there.
#[derive(Default)]
struct Process {
    codes: [Counter; 4],
    fast: Counter,
    timed: Counter,
    last_scrape: Option<i64>,
    has_excess: bool,
    /// What the ledger must say: requests, and timed requests.
    truth: [Ledger; 2],
}

impl Process {
    fn serve(&mut self, chance: &mut Chance) {
        let shares = [chance.between(0, 40), chance.between(0, 3), chance.between(0, 2), chance.between(0, 9) / 8];
        for (counter, events) in self.codes.iter_mut().zip(shares) {
            counter.add(events);
        }
        let all = shares.iter().sum::<i64>();
        self.timed.add(all);
        self.fast.add(all - chance.between(0, all + 1) / 5);
    }

    fn restart(&mut self) {
        self.codes.iter_mut().for_each(|counter| counter.restart(false));
        self.timed.restart(true);
        self.fast.restart(true);
    }

    fn text(&self) -> String {
        let mut text = "# TYPE requests counter\n".to_owned();
        for (code, counter) in CODES.iter().zip(&self.codes).filter(|(_, counter)| counter.is_exposed) {
            writeln!(text, "requests_total{{code=\"{code}\"}} {}", counter.life).unwrap();
        }
        writeln!(text, "# TYPE seconds histogram\nseconds_bucket{{le=\"0.5\"}} {}", self.fast.life).unwrap();
        writeln!(text, "seconds_bucket{{le=\"+Inf\"}} {0}\nseconds_count {0}\n# EOF", self.timed.life).unwrap();
        text
    }

    /// Books what a successful scrape at `at` (seconds) reveals.
    fn scraped(&mut self, at: i64) {
        let is_first = self.last_scrape.is_none();
        let revealed: Vec<i64> = self.codes.iter_mut().map(|counter| counter.reveal(is_first)).collect();
        let (all, bad) = (revealed.iter().sum::<i64>(), revealed[2] + revealed[3]);
        let (timed, fast) = (self.timed.reveal(is_first), self.fast.reveal(is_first));
        let is_shown = self.codes.iter().any(|counter| counter.is_exposed);
        for (ledger, (good, total, is_shown)) in
            self.truth.iter_mut().zip([(all - bad, all, is_shown), (fast, timed, true)])
        {
            let Some(last) = self.last_scrape else { continue };
            // after a restart that cannot be seen, good may have outgrown more than all: then all is raised, with a finding
            self.has_excess |= good > total;
            let total = total.max(good);
            let is_silence = at - last > SILENCE;
            let first = if is_silence { at } else { last };
            for minute in first / 60..=at / 60 {
                ledger.entry(minute).or_default();
            }
            let booked = ledger.entry(at / 60).or_default();
            *booked = (booked.0 + good, booked.1 + total, booked.2 || (is_silence && is_shown));
        }
        self.last_scrape = Some(at);
    }
}

async fn shop(app: &TestApp, endpoint: &Endpoint, number: u64) -> SourceId {
    let id = source(&app.state, &format!("shop {number}"), SourceSpec::Scrape { url: endpoint.url() }).await;
    let answered = ratio("requests_total", "requests_total{code=~\"5..\"}");
    let objectives = vec![
        promise("Answered", ObjectiveKind::Availability, id, answered),
        promise("Fast", ObjectiveKind::Latency, id, within("seconds_bucket", "0.5")),
    ];
    agree(&app.state, draft(&format!("Gold {number}"), &[], objectives)).await;
    id
}

/// One life of the process, a scrape every ten to forty seconds, with restarts and outages of every kind.
async fn live_through(app: &TestApp, seed: u64) {
    let mut endpoint = Endpoint::start().await;
    let id = shop(app, &endpoint, seed).await;
    let mut chance = Chance(seed);
    let mut process = Process::default();
    let (mut until, mut slow) = (0, 0);
    let (mut short, mut long) = (0, 0);
    for _ in 0..170 {
        app.advance(chance.between(10, 41));
        process.serve(&mut chance);
        if chance.between(0, 12) == 0 {
            process.restart();
            if chance.between(0, 3) > 0 {
                process.serve(&mut chance);
            }
        }
        let now = app.state.clock.now().seconds();
        if now >= until && process.last_scrape.is_some() && chance.between(0, 14) == 0 {
            until = now + chance.between(20, 700);
            if until - now > SILENCE { long += 1 } else { short += 1 }
        }
        let is_out = now < until;
        endpoint.up();
        let says = match chance.between(0, 7) {
            _ if !is_out => Says::Text(process.text()),
            0 => Says::Status(500),
            1 => Says::Text("<html>we are sorry</html>".to_owned()),
            2 => Says::Half(process.text()),
            3 => Says::Torn(process.text()),
            4 if slow < 1 => {
                slow += 1;
                Says::Nothing
            }
            _ => {
                endpoint.down().await;
                Says::Nothing
            }
        };
        endpoint.say(says);
        assert!(pull::pull_now(&app.state, id).await.unwrap(), "nobody else is at it");
        let state = store::source_states::find(app.db(), id).await.unwrap().unwrap();
        assert_eq!(state.failures > 0, is_out, "{:?}", state.last_error);
        if !is_out {
            process.scraped(now);
        }
    }
    assert!(short > 0 && long > 0, "the story has outages of both kinds: {short} short, {long} long");
    for (indicator, truth) in indicators(app.db(), id).await.into_iter().zip(&process.truth) {
        let kept = ledger(app.db(), indicator).await;
        let differ: Vec<_> = truth
            .keys()
            .chain(kept.keys())
            .filter(|minute| truth.get(minute) != kept.get(minute))
            .map(|minute| (minute, truth.get(minute), kept.get(minute)))
            .collect();
        assert!(differ.is_empty(), "seed {seed}, minutes that differ (truth, kept): {differ:?}");
        assert!(kept.values().any(|slice| slice.2), "some minutes catch up");
        let findings = open_findings(app.db(), indicator).await;
        assert!(findings.iter().all(|kind| process.has_excess && kind == "part_exceeds_total"), "{findings:?}");
    }
}

on_both! {
    async fn what_scrapes_reveal_of_a_turbulent_life_is_counted_to_the_event(app: TestApp) {
        for seed in [2, 5] {
            live_through(&app, seed).await;
        }
    }

    async fn a_failing_source_says_why_waits_longer_each_time_and_recovers(app: TestApp) {
        let mut endpoint = Endpoint::start().await;
        let id = shop(&app, &endpoint, 0).await;
        let state = async || store::source_states::find(app.db(), id).await.unwrap().unwrap();
        endpoint.say(Says::Text(Process::default().text()));
        pull::pull_now(&app.state, id).await.unwrap();
        let fine = state().await;
        assert_eq!((fine.failures, fine.last_ok_at, fine.last_error), (0, Some(app.state.clock.now()), None));

        let half = Process::default().text();
        let wrongs = [
            (Says::Status(500), "500", 10),
            (Says::Text("<html>".to_owned()), "text format", 20),
            (Says::Half(half.clone()), "", 40),
            (Says::Torn(half.clone()), "# EOF", 80),
            (Says::Nothing, "within 1 s", 160),
            (Says::Nothing, "cannot be reached", 300),
            (Says::Nothing, "cannot be reached", 300),
        ];
        for (failures, (says, reason, pause)) in (1..).zip(wrongs) {
            endpoint.say(says);
            if reason.contains("reached") {
                endpoint.down().await;
            }
            pull::pull_now(&app.state, id).await.unwrap();
            let (now, state) = (app.state.clock.now(), state().await);
            let error = state.last_error.unwrap();
            assert!(error.contains(reason), "{error:?} names {reason:?}");
            assert_eq!((state.failures, state.last_error_at), (failures, Some(now)), "{error}");
            assert_eq!(state.next_at, Some(now.plus_seconds(pause)), "{error}");
            app.advance(pause - 1);
            assert_eq!(pull::claim_due(&app.state).await.unwrap(), [], "not before its time");
            app.advance(1);
            if failures < 7 {
                continue;
            }
            endpoint.up();
            endpoint.say(Says::Text(half.clone()));
            assert_eq!(pull::claim_due(&app.state).await.unwrap(), [id]);
            pull::pull_claimed(&app.state, id).await.unwrap();
        }
        let (now, state) = (app.state.clock.now(), state().await);
        assert_eq!((state.failures, state.last_ok_at), (0, Some(now)));
        assert_eq!(state.next_at, Some(now.plus_seconds(10)));
        assert!(state.last_error.unwrap().contains("cannot be reached"), "what was wrong stays known");
    }
}
