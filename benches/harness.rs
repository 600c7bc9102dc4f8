//! What the benches stand on: a Nines on a file of its own, promises to judge, and what a process took of the processor.

use nines::app::Application;
use nines::clock::Clock;
use nines::config::{self, Layers};
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::SourceId;
use nines::domain::model::{Access, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Window};
use nines::domain::selector::Expression;
use nines::domain::target::Target;
use nines::domain::time::Instant;
use nines::ops::Context;
use nines::ops::define_agreement::{self, AgreementDraft, DefinedAgreement, ObjectiveDraft};
use nines::ops::define_source;
use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// A Nines that serves nobody, on SQLite, at a moment that stands still; its files go when this value is dropped.
pub struct House {
    /// What use cases work with.
    pub context: Context,
    _folder: TempDir,
}

impl House {
    /// An empty one.
    pub async fn new(now: Instant) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let data = folder.path().join("data").display().to_string();
        let flags = BTreeMap::from([("server.listen", "127.0.0.1:0".to_owned()), ("data_dir", data)]);
        let layers = Layers { flags, env: BTreeMap::new(), file: None, read: |path| fs::read_to_string(path) };
        let settings = config::parse(&layers).expect("these settings are right");
        let application = Application::build(settings, Clock::fixed(now)).await.expect("the application starts");
        Self { context: application.state().context.clone(), _folder: folder }
    }

    /// A source of the kind `prometheus`.
    pub async fn source(&self, url: &str) -> SourceId {
        let source = Source {
            id: SourceId(0),
            name: "Metrics".to_owned(),
            spec: SourceSpec::Prometheus { url: url.parse().expect("this is a URL") },
            access: Access::default(),
            every_seconds: 60,
            delay_seconds: 0,
            timeout_seconds: 60,
            archived_at: None,
        };
        define_source::define(&self.context, None, source).await.expect("the source is new")
    }

    /// A defined agreement.
    pub async fn define(&self, draft: AgreementDraft) -> DefinedAgreement {
        let id = define_agreement::define(&self.context, None, draft).await.expect("the agreement is new");
        define_agreement::load(&self.context.db, id).await.expect("it was defined just now")
    }
}

/// An agreement that promises 99.9 % over 30 days for each of `services`.
pub fn draft(name: &str, source: SourceId, services: &[String]) -> AgreementDraft {
    AgreementDraft {
        name: name.to_owned(),
        customer: "Customer".to_owned(),
        owner: String::new(),
        zone: chrono_tz::Tz::Europe__Berlin,
        period: PeriodKind::Month,
        report_every: PeriodKind::Month,
        recipients: Vec::new(),
        terms: AgreementTerms::default(),
        objectives: services.iter().map(|service| objective(source, service)).collect(),
    }
}

fn objective(source: SourceId, service: &str) -> ObjectiveDraft {
    let read = |text: String| Expression::parse(&text).expect("this is a selector");
    ObjectiveDraft {
        id: None,
        name: format!("{service} answers"),
        kind: ObjectiveKind::Availability,
        service: service.to_owned(),
        source,
        query: Query::Ratio {
            total: read(format!("http_requests_total{{service=\"{service}\"}}")),
            part: Part::Bad(read(format!("http_requests_total{{service=\"{service}\",code=~\"5..\"}}"))),
        },
        target: Target::parse("99.9").expect("this is a target"),
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    }
}

/// What runs the use cases.
pub fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the runtime starts")
}

/// What a process takes of the processor, from one moment on: its own time and the kernel's for it, to the hundredth of a
/// second.
pub struct Processor {
    process: String,
    before: Duration,
}

impl Processor {
    /// From now on; `process` is `self` or a number.
    pub fn of(process: &str) -> Self {
        Self { before: total(process), process: process.to_owned() }
    }

    /// What was taken since.
    pub fn taken(&self) -> Duration {
        total(&self.process).saturating_sub(self.before)
    }
}

fn total(process: &str) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("Linux says so");
    let (_, rest) = stat.rsplit_once(')').expect("the name stands in parentheses");
    let ticks = rest.split_whitespace().skip(11).take(2).map(|ticks| ticks.parse::<u64>().expect("a number"));
    Duration::from_millis(ticks.sum::<u64>() * 10)
}
