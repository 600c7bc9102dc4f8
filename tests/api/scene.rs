//! What stories about pulling and mailing begin with: sources, promises, and an endpoint that can go wrong.

use crate::app::{ANA, Browser, TestApp};
use nines::domain::calendar::PeriodKind;
use nines::domain::contract::{AgreementTerms, ObjectiveTerms};
use nines::domain::ids::{AgreementId, IndicatorId, SourceId};
use nines::domain::model::{
    Access, EmailAddress, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Threshold, Window,
};
use nines::domain::selector::{Expression, Selector};
use nines::domain::target::Target;
use nines::domain::time::{Minute, Span};
use nines::ops::define_agreement::{AgreementDraft, ObjectiveDraft};
use nines::ops::{Context, define_agreement, define_source};
use nines::store::users::{Role, User};
use nines::store::{self, Db};
use reqwest::StatusCode;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// Good events, all events, and whether they were booked at a return, by minute.
pub type Ledger = BTreeMap<i64, (i64, i64, bool)>;

/// The application's context under the name of another instance.
pub fn instance(app: &TestApp, name: &str) -> Context {
    Context { holder: name.into(), ..app.state.context.clone() }
}

/// Somebody with that role and Ana's password.
pub async fn somebody(app: &TestApp, name: &str, role: Role) -> Browser {
    let email = format!("{name}@example.org");
    let ana = store::users::find_by_email(app.db(), ANA.0).await.unwrap().unwrap();
    let mut tx = app.db().begin_write().await.unwrap();
    store::users::insert(&mut tx, &User { email: email.clone(), name: name.to_owned(), role, ..ana }).await.unwrap();
    tx.commit().await.unwrap();
    let browser = app.browser();
    assert_eq!(browser.sign_in(&email, ANA.1).await.status, StatusCode::SEE_OTHER);
    browser
}

/// Defines a source that is asked every ten seconds, with a second's patience and no delay.
pub async fn source(context: &Context, name: &str, spec: SourceSpec) -> SourceId {
    source_with_timeout(context, name, spec, 1).await
}

/// The same with another patience, for a server that has much to read.
pub async fn source_with_timeout(context: &Context, name: &str, spec: SourceSpec, timeout_seconds: i64) -> SourceId {
    let source = Source {
        id: SourceId(0),
        name: name.to_owned(),
        spec,
        access: Access::default(),
        every_seconds: 10,
        delay_seconds: 0,
        timeout_seconds,
        archived_at: None,
    };
    define_source::define(context, None, source).await.unwrap()
}

pub fn promise(name: &str, kind: ObjectiveKind, source: SourceId, query: Query) -> ObjectiveDraft {
    ObjectiveDraft {
        id: None,
        name: name.to_owned(),
        kind,
        service: "shop".to_owned(),
        source,
        query,
        target: Target::parse("99").unwrap(),
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    }
}

/// A daily agreement in UTC.
pub fn draft(name: &str, recipients: &[&str], objectives: Vec<ObjectiveDraft>) -> AgreementDraft {
    AgreementDraft {
        name: name.to_owned(),
        customer: "Example & Co".to_owned(),
        owner: String::new(),
        zone: chrono_tz::Tz::UTC,
        period: PeriodKind::Month,
        report_every: PeriodKind::Day,
        recipients: recipients.iter().map(|text| EmailAddress::parse(text).unwrap()).collect(),
        terms: AgreementTerms::default(),
        objectives,
    }
}

pub async fn agree(context: &Context, draft: AgreementDraft) -> AgreementId {
    define_agreement::define(context, None, draft).await.unwrap()
}

/// Bad events among all, from two selectors.
pub fn ratio(total: &str, bad: &str) -> Query {
    let raw = |text: &str| Expression::Raw(Selector::parse(text).unwrap());
    Query::Ratio { total: raw(total), part: Part::Bad(raw(bad)) }
}

pub fn within(histogram: &str, threshold: &str) -> Query {
    Query::Latency { histogram: Selector::parse(histogram).unwrap(), threshold: Threshold::parse(threshold).unwrap() }
}

/// What a source's indicators are, in the order of their definition.
pub async fn indicators(db: &Db, source: SourceId) -> Vec<IndicatorId> {
    store::indicators::list_by_source(db, source).await.unwrap().into_iter().map(|one| one.id).collect()
}

/// Every known minute of an indicator.
pub async fn ledger(db: &Db, indicator: IndicatorId) -> Ledger {
    let Some(extent) = store::ledger::extent(db, indicator).await.unwrap() else { return Ledger::new() };
    minutes(db, indicator, extent).await
}

/// The known minutes in a span, after a look at the sums: those of hours and of the span equal the detail.
pub async fn minutes(db: &Db, indicator: IndicatorId, span: Span) -> Ledger {
    let slices = store::ledger::slices(db, indicator, span).await.unwrap();
    let tally = store::ledger::tallies(db, indicator, &[span]).await.unwrap()[0];
    let sums = slices.iter().fold((0, 0, 0), |sums, (_, s)| (sums.0 + s.good, sums.1 + s.total, sums.2 + 1));
    assert_eq!((tally.good, tally.total, tally.known), sums, "the span's tally and its minutes");
    for row in store::ledger::hours(db, indicator, span).await.unwrap() {
        let inside = store::ledger::slices(db, indicator, row.hour.span()).await.unwrap();
        let sums = inside.iter().fold((0, 0, 0), |sums, (_, s)| (sums.0 + s.good, sums.1 + s.total, sums.2 + 1));
        assert_eq!((row.good, row.total, row.known), sums, "an hour's sums and its minutes");
    }
    slices.into_iter().map(|(Minute(at), s)| (at, (s.good, s.total, s.catch_up))).collect()
}

/// The kinds of what is open about an indicator.
pub async fn open_findings(db: &Db, subject: impl Into<store::findings::Subject>) -> Vec<String> {
    let findings = store::findings::list(db, subject).await.unwrap();
    findings.into_iter().filter(|f| f.resolved_at.is_none()).map(|f| f.kind).collect()
}

/// A small generator of chance (`SplitMix64`), the same on every machine.
pub struct Chance(pub u64);

impl Chance {
    /// A number in `[from, until)`.
    pub fn between(&mut self, from: i64, until: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let width = u64::try_from(until - from).unwrap();
        from + i64::try_from((z ^ (z >> 31)) % width).unwrap()
    }
}

/// What an endpoint answers.
#[derive(Clone, Debug)]
pub enum Says {
    /// 200 with this text.
    Text(String),
    /// Another status.
    Status(u16),
    /// The first half of this text, under a header that promises all of it.
    Half(String),
    /// The first half of an `OpenMetrics` text whose end is the end of the connection.
    Torn(String),
    /// Nothing, for ever.
    Nothing,
}

/// An HTTP endpoint on a port of its own, which it keeps while it is down.
pub struct Endpoint {
    pub address: SocketAddr,
    says: Arc<Mutex<Says>>,
    serving: Option<JoinHandle<()>>,
    reserved: Option<TcpSocket>,
}

impl Endpoint {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let says = Arc::new(Mutex::new(Says::Status(503)));
        let serving = Some(tokio::spawn(serve(listener, Arc::clone(&says))));
        Self { address, says, serving, reserved: None }
    }

    pub fn url(&self) -> url::Url {
        format!("http://{}/metrics", self.address).parse().unwrap()
    }

    pub fn say(&self, says: Says) {
        *self.says.lock().unwrap_or_else(PoisonError::into_inner) = says;
    }

    /// From now on connections are refused; nobody else can take the port.
    pub async fn down(&mut self) {
        let Some(serving) = self.serving.take() else { return };
        serving.abort();
        assert!(serving.await.unwrap_err().is_cancelled());
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(self.address).unwrap();
        self.reserved = Some(socket);
    }

    pub fn up(&mut self) {
        if let Some(socket) = self.reserved.take() {
            let listener = socket.listen(64).unwrap();
            self.serving = Some(tokio::spawn(serve(listener, Arc::clone(&self.says))));
        }
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

async fn serve(listener: TcpListener, says: Arc<Mutex<Says>>) {
    let mut silent = Vec::new();
    while let Ok((mut stream, _)) = listener.accept().await {
        let says = says.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if matches!(says, Says::Nothing) {
            silent.push(stream);
        } else {
            tokio::spawn(async move { drop(answer(&mut stream, says).await) });
        }
    }
}

async fn answer(stream: &mut TcpStream, says: Says) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await?);
    }
    let head = |status: u16, rest: &str| format!("HTTP/1.1 {status} X\r\nconnection: close\r\n{rest}\r\n");
    let answer = match says {
        Says::Text(text) => head(200, &format!("content-length: {}\r\n", text.len())) + &text,
        Says::Status(status) => head(status, "content-length: 4\r\n") + "oh, ",
        Says::Half(text) => head(200, &format!("content-length: {}\r\n", text.len())) + &text[..text.len() / 2],
        Says::Torn(text) => {
            let end = text[..text.len() / 2].rfind('\n').map_or(0, |at| at + 1);
            head(200, "content-type: application/openmetrics-text; version=1.0.0\r\n") + &text[..end]
        }
        Says::Nothing => return Ok(()),
    };
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

/// A port of this machine that nobody listens on.
pub async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}
