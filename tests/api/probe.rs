//! Probing a server that is up, wrong, slow and down: each check is one event.

use crate::app::TestApp;
use crate::on_both;
use crate::scene::{Endpoint, Ledger, Says, agree, draft, indicators, ledger, open_findings, promise, source};
use nines::domain::ids::SourceId;
use nines::domain::model::{Check, ObjectiveKind, Query, SourceSpec};
use nines::ops::{evaluate, pull};
use nines::store;

async fn probe(app: &TestApp, name: &str, check: Check) -> SourceId {
    let id = source(&app.state, name, SourceSpec::Probe(check)).await;
    let objectives = vec![
        promise("Up", ObjectiveKind::Uptime, id, Query::Check { within_ms: None }),
        promise("Quick", ObjectiveKind::Latency, id, Query::Check { within_ms: Some(0) }),
        promise("In time", ObjectiveKind::Latency, id, Query::Check { within_ms: Some(999) }),
    ];
    agree(&app.state, draft(name, &[], objectives)).await;
    id
}

on_both! {
    async fn every_check_is_an_event_and_a_service_that_is_down_is_no_failed_pull(app: TestApp) {
        let mut endpoint = Endpoint::start().await;
        let check = Check::Http { url: endpoint.url(), status: (200, 299), body: "all well".to_owned() };
        let http = probe(&app, "http", check).await;
        let host = endpoint.address.ip().to_string();
        let tcp = probe(&app, "tcp", Check::Tcp { host, port: endpoint.address.port() }).await;
        let well = || Says::Text("all well".to_owned());
        // (what it says; the HTTP check is right; the port is open), one check every twenty seconds: three a minute
        let plan = [
            (Some(well()), true, true),
            (Some(well()), true, true),
            (Some(Says::Status(404)), false, true),
            (Some(Says::Text("on fire".to_owned())), false, true),
            (Some(Says::Nothing), false, true),
            (None, false, false),
            (None, false, false),
            (Some(well()), true, true),
            (Some(well()), true, true),
        ];
        let mut expected = [Ledger::new(), Ledger::new()];
        for (says, is_right, is_open) in plan {
            match says {
                Some(says) => {
                    endpoint.up();
                    endpoint.say(says);
                }
                None => endpoint.down().await,
            }
            let minute = app.state.clock.now().minute().0;
            for ((id, is_good), expected) in [(http, is_right), (tcp, is_open)].into_iter().zip(&mut expected) {
                pull::pull_now(&app.state, id).await.unwrap();
                let booked = expected.entry(minute).or_default();
                *booked = (booked.0 + i64::from(is_good), booked.1 + 1, false);
                let findings = open_findings(app.db(), id).await;
                assert_eq!(findings, vec!["check_failed"; usize::from(!is_good)]);
                let state = store::source_states::find(app.db(), id).await.unwrap().unwrap();
                assert_eq!(state.failures, 0, "the pull worked, whatever it found");
            }
            app.advance(20);
        }
        for (id, expected) in [http, tcp].into_iter().zip(&expected) {
            let [up, quick, in_time] = indicators(app.db(), id).await[..] else { panic!("three indicators") };
            assert_eq!(&ledger(app.db(), up).await, expected);
            assert_eq!(&ledger(app.db(), in_time).await, expected, "nothing right took a second");
            let sums = |ledger: Ledger| ledger.values().fold((0, 0), |sums, s| (sums.0 + s.0, sums.1 + s.1));
            let all = sums(expected.clone());
            let quick = sums(ledger(app.db(), quick).await);
            assert!(quick.1 == all.1 && quick.0 <= all.0, "a right answer that was late is a bad event: {quick:?}");
        }
        app.advance(120);
        evaluate::evaluate_all(&app.state).await.unwrap();
        let evaluations = store::evaluations::list(app.db()).await.unwrap();
        // HTTP: up 4 times of 9, and as often in time; TCP: 7 of 9
        let tallies: Vec<_> = evaluations.iter().map(|e| (e.tally.good, e.tally.total)).collect();
        assert_eq!((tallies[0], tallies[2], tallies[3], tallies[5]), ((4, 9), (4, 9), (7, 9), (7, 9)));
        assert!(evaluations.iter().all(|e| e.status == "breached"), "{evaluations:?}");
    }
}
