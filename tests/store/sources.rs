//! Sources, their secrets, how pulling from them goes, and what was noticed about them.

use crate::support::{at, begin, execute, on_both, sealer, source};
use nines::domain::ids::{IndicatorId, SourceId};
use nines::domain::model::{Access, Auth, Check, Source, SourceSpec};
use nines::store::source_states::SourceState;
use nines::store::{Db, SealError, Sealer, StoreError, Tx, findings, source_states, sources};
use secrecy::ExposeSecret;

/// Everything of a source in a form that can be compared, its secrets too.
fn shown(source: &Source) -> String {
    let Access { auth, headers, ca_pem, allow_link_local } = &source.access;
    let auth = match auth {
        Auth::None => "none".to_owned(),
        Auth::Basic { user, password } => format!("{user}:{}", password.expose_secret()),
        Auth::Bearer { token } => token.expose_secret().to_owned(),
    };
    let headers = headers.iter().map(|(name, value)| (name, value.expose_secret())).collect::<Vec<_>>();
    let plain = (&source.name, &source.spec, source.every_seconds, source.delay_seconds, source.timeout_seconds);
    format!("{} {plain:?} {:?} {auth} {headers:?} {ca_pem:?} {allow_link_local}", source.id, source.archived_at)
}

fn secretive(name: &str) -> Source {
    let access = Access {
        auth: Auth::Basic { user: "nines".to_owned(), password: "hunter2 ü".into() },
        headers: vec![("X-Scope-OrgID".to_owned(), "tenant".into()), ("X-Key".to_owned(), "s3cret".into())],
        ca_pem: Some("-----BEGIN CERTIFICATE-----".to_owned()),
        allow_link_local: true,
    };
    Source { access, ..source(name) }
}

async fn kept(db: &Db, source: &Source) -> SourceId {
    let mut tx = begin(db).await;
    let id = sources::insert(&mut tx, &sealer(), source).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn stored_access(db: &Db) -> Vec<Vec<u8>> {
    const READ: &str = "SELECT access FROM sources ORDER BY id";
    match begin(db).await {
        Tx::Sqlite(mut tx) => sqlx::query_scalar(READ).fetch_all(&mut *tx).await.unwrap(),
        Tx::Postgres(mut tx) => sqlx::query_scalar(READ).fetch_all(&mut *tx).await.unwrap(),
    }
}

on_both! {
    async fn every_kind_of_source_comes_back_with_its_secrets(db: &Db) {
        let url = || "https://example.org/metrics?x=1".parse().unwrap();
        let specs = [
            SourceSpec::Prometheus { url: url() },
            SourceSpec::Scrape { url: url() },
            SourceSpec::Probe(Check::Http { url: url(), status: (200, 299), body: "wörks".to_owned() }),
            SourceSpec::Probe(Check::Tcp { host: "db.example.org".to_owned(), port: 5432 }),
        ];
        let mut expected = Vec::new();
        for (n, spec) in specs.into_iter().enumerate() {
            let mut source = Source { spec, ..secretive(&format!("source {n}")) };
            if n == 1 {
                source.access.auth = Auth::Bearer { token: "t0ken".into() };
            }
            source.id = kept(db, &source).await;
            assert_eq!(shown(&sources::find(db, &sealer(), source.id).await.unwrap().unwrap()), shown(&source));
            expected.push(shown(&source));
        }
        let listed = sources::list(db, &sealer()).await.unwrap();
        assert_eq!(listed.iter().map(shown).collect::<Vec<_>>(), expected);
    }

    async fn a_source_is_changed_archived_and_restored(db: &Db) {
        let id = kept(db, &source("a")).await;
        assert_eq!(id, SourceId(2000));
        let changed = Source { id, every_seconds: 15, delay_seconds: 0, timeout_seconds: 1, ..secretive("b") };
        let mut tx = begin(db).await;
        sources::update(&mut tx, &sealer(), &changed).await.unwrap();
        sources::archive(&mut tx, id, at(3)).await.unwrap();
        tx.commit().await.unwrap();
        let archived = Source { archived_at: Some(at(3)), ..changed.clone() };
        assert_eq!(shown(&sources::find(db, &sealer(), id).await.unwrap().unwrap()), shown(&archived));
        assert_eq!(source_states::claim_due(db, at(4), 60, "a", 9).await.unwrap(), [], "archived ones are not asked");
        let mut tx = begin(db).await;
        sources::restore(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(shown(&sources::find(db, &sealer(), id).await.unwrap().unwrap()), shown(&changed));
        let mut tx = begin(db).await;
        let missing = sources::update(&mut tx, &sealer(), &Source { id: SourceId(1), ..changed }).await.unwrap_err();
        assert!(matches!(missing, StoreError::NotFound { what: "source", .. }));
    }

    async fn secrets_are_not_in_clear_and_the_wrong_key_is_told(db: &Db) {
        let id = kept(db, &secretive("a")).await;
        for bytes in stored_access(db).await {
            for secret in ["hunter2", "s3cret", "tenant"] {
                assert!(!bytes.windows(secret.len()).any(|w| w == secret.as_bytes()), "{secret} in clear");
            }
        }
        let wrong = sources::find(db, &Sealer::new([1; 32]), id).await.unwrap_err();
        assert!(matches!(wrong, StoreError::Seal(SealError::WrongKey { .. })), "{wrong:?}");
        assert!(wrong.to_string().contains("sealed with another key"), "{wrong}");
    }

    async fn a_sealed_secret_cannot_be_moved_to_another_source(db: &Db) {
        const MOVE: &str = "UPDATE sources SET access = (SELECT access FROM sources WHERE name = 'a') WHERE name = 'b'";
        kept(db, &secretive("a")).await;
        let b = kept(db, &source("b")).await;
        let mut tx = begin(db).await;
        execute(&mut tx, MOVE).await;
        tx.commit().await.unwrap();
        assert!(matches!(sources::find(db, &sealer(), b).await, Err(StoreError::Seal(SealError::WrongKey { .. }))));
    }

    async fn a_pull_is_claimed_booked_and_due_again(db: &Db) {
        let id = kept(db, &source("a")).await;
        assert_eq!(source_states::find(db, id).await.unwrap(), Some(SourceState::default()), "never pulled");
        assert_eq!(source_states::claim_due(db, at(0), 60, "one", 9).await.unwrap(), [id], "due at once");
        assert_eq!(source_states::claim_due(db, at(59), 60, "two", 9).await.unwrap(), [], "leased");
        assert!(!source_states::claim(db, id, at(59), 60, "two").await.unwrap());

        let mut tx = begin(db).await;
        source_states::renew_lease(&mut tx, id, "one", at(50), 60).await.unwrap();
        let not_mine = source_states::renew_lease(&mut tx, id, "two", at(50), 60).await.unwrap_err();
        assert!(matches!(&not_mine, StoreError::Conflict { what } if what.contains("lease")), "{not_mine}");
        tx.commit().await.unwrap();
        assert_eq!(source_states::claim_due(db, at(109), 60, "two", 9).await.unwrap(), [], "renewed");
        assert_eq!(source_states::find(db, id).await.unwrap().unwrap().leased_until, Some(at(110)));

        let mut tx = begin(db).await;
        assert!(source_states::record_failure(&mut tx, id, "two", at(51), at(52), "no").await.is_err());
        source_states::record_failure(&mut tx, id, "one", at(51), at(200), "connection refused").await.unwrap();
        assert!(source_states::record_success(&mut tx, id, "one", at(51), at(52)).await.is_err(), "given back");
        tx.commit().await.unwrap();
        let failed = SourceState {
            last_error_at: Some(at(51)),
            last_error: Some("connection refused".to_owned()),
            failures: 1,
            next_at: Some(at(200)),
            ..SourceState::default()
        };
        assert_eq!(source_states::find(db, id).await.unwrap(), Some(failed.clone()));
        assert_eq!(source_states::claim_due(db, at(199), 60, "two", 9).await.unwrap(), [], "not due");
        assert_eq!(source_states::claim_due(db, at(200), 60, "two", 9).await.unwrap(), [id]);
        // its holder dies; another takes over when the lease is up, and the dead one's outcome does not count
        assert_eq!(source_states::claim_due(db, at(260), 60, "three", 9).await.unwrap(), [id]);
        let mut tx = begin(db).await;
        assert!(source_states::record_success(&mut tx, id, "two", at(261), at(262)).await.is_err());
        source_states::record_success(&mut tx, id, "three", at(261), at(300)).await.unwrap();
        source_states::set_notes(&mut tx, id, "the certificate expires in 9 days").await.unwrap();
        tx.commit().await.unwrap();
        let worked = SourceState {
            last_ok_at: Some(at(261)),
            failures: 0,
            next_at: Some(at(300)),
            notes: "the certificate expires in 9 days".to_owned(),
            ..failed
        };
        assert_eq!(source_states::list(db).await.unwrap(), [(id, worked)]);
    }

    async fn a_lease_can_be_given_back_and_a_pull_made_due(db: &Db) {
        let id = kept(db, &source("a")).await;
        assert!(source_states::claim(db, id, at(0), 60, "one").await.unwrap());
        let mut tx = begin(db).await;
        source_states::release(&mut tx, id, "two").await.unwrap();
        tx.commit().await.unwrap();
        assert!(!source_states::claim(db, id, at(0), 60, "two").await.unwrap(), "only its holder gives it back");
        let mut tx = begin(db).await;
        source_states::release(&mut tx, id, "one").await.unwrap();
        source_states::make_due(&mut tx, id, at(1_000)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(source_states::claim_due(db, at(999), 60, "two", 9).await.unwrap(), []);
        assert!(source_states::claim(db, id, at(999), 60, "two").await.unwrap(), "on demand, due or not");
        let mut tx = begin(db).await;
        assert!(source_states::make_due(&mut tx, SourceId(1), at(0)).await.is_err());
        drop(tx);
    }

    async fn the_longest_due_comes_first(db: &Db) {
        let ids = [kept(db, &source("a")).await, kept(db, &source("b")).await, kept(db, &source("c")).await];
        let mut tx = begin(db).await;
        for (id, due) in ids.iter().zip([30, 10, 20]) {
            source_states::make_due(&mut tx, *id, at(due)).await.unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(source_states::claim_due(db, at(100), 60, "one", 1).await.unwrap(), [ids[1]]);
        assert_eq!(source_states::claim_due(db, at(100), 60, "one", 1).await.unwrap(), [ids[2]]);
        assert_eq!(source_states::claim_due(db, at(100), 60, "one", 9).await.unwrap(), [ids[0]]);
    }

    async fn findings_add_up_until_they_are_resolved(db: &Db) {
        let (indicator, source) = (IndicatorId(3000), SourceId(3000));
        let mut tx = begin(db).await;
        findings::record(&mut tx, indicator, "clock_back", "the clock stepped back by 3 s", at(10)).await.unwrap();
        findings::record(&mut tx, indicator, "clock_back", "the clock stepped back by 9 s", at(30)).await.unwrap();
        findings::record(&mut tx, indicator, "clock_back", "the clock stepped back by 5 s", at(20)).await.unwrap();
        findings::record(&mut tx, source, "certificate", "it expires", at(5)).await.unwrap();
        tx.commit().await.unwrap();
        let found = findings::list(db, indicator).await.unwrap().remove(0);
        assert_eq!((found.first_at, found.last_at, found.times), (at(10), at(30), 3));
        assert_eq!(found.message, "the clock stepped back by 5 s", "the newest to be written");
        assert_eq!(findings::list(db, source).await.unwrap()[0].subject, findings::Subject::Source(source));
        assert_eq!(findings::list_open(db).await.unwrap().len(), 2);

        let mut tx = begin(db).await;
        assert!(findings::resolve(&mut tx, indicator, "clock_back", at(40)).await.unwrap());
        assert!(!findings::resolve(&mut tx, indicator, "clock_back", at(41)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(findings::list_open(db).await.unwrap()[0].kind, "certificate");
        assert_eq!(findings::list(db, indicator).await.unwrap()[0].resolved_at, Some(at(40)));
        let mut tx = begin(db).await;
        findings::record(&mut tx, indicator, "clock_back", "again", at(50)).await.unwrap();
        tx.commit().await.unwrap();
        let again = findings::list(db, indicator).await.unwrap().remove(0);
        assert_eq!((again.first_at, again.times, again.resolved_at), (at(50), 1, None));
    }
}
