//! Evaluations, reports, and their way to the recipients.

use crate::support::{an_objective, at, begin, on_both, outgoing};
use nines::domain::burn::{AlertRule, Severity};
use nines::domain::chain::{Digest, Head};
use nines::domain::ids::{AgreementId, DeliveryId, ObjectiveId, ReportId};
use nines::domain::ledger::Tally;
use nines::domain::time::{Minute, Span};
use nines::store::evaluations::{self, Evaluation};
use nines::store::outbox::{self, Counts, DeliveryState};
use nines::store::reports::{self, Content, Filter, Report, ReportHead};
use nines::store::{Db, Page, StoreError, Tx};

fn evaluation(objective: ObjectiveId, status: &str, seconds: i64) -> Evaluation {
    Evaluation {
        objective,
        at: at(seconds),
        span: Span::new(Minute(100), Minute(160)),
        tally: Tally { good: 997, total: 1_000, known: 59, minutes: 60 },
        judged_minutes: 43_200,
        status: status.to_owned(),
        since: at(seconds),
        burn: vec![(5, None), (60, Some(0.1 + 0.2)), (4320, Some(1e-300))],
        firing: vec![
            AlertRule { severity: Severity::Page, factor: 0.1 + 0.2, long_minutes: 60, short_minutes: 5 },
            AlertRule { severity: Severity::Ticket, factor: 1.0, long_minutes: 4320, short_minutes: 360 },
        ],
        exhausted_at: Some(at(900)),
    }
}

fn report(agreement: AgreementId, label: &str, revision: i64) -> Report {
    let week: i64 = label.trim_start_matches("2026-W").parse().unwrap();
    Report {
        head: ReportHead {
            id: ReportId(0),
            agreement,
            number: 1,
            digest: Some(Digest::of(b"anything")),
            label: label.to_owned(),
            span: Span::new(Minute(week * 10_080), Minute((week + 1) * 10_080)),
            revision,
            provisional: revision == 1,
            verdict: "met".to_owned(),
            built_at: at(revision),
            removed_at: None,
        },
        content: Content::Document(format!("{{\"z\":1,\"a\":\"{label} ü\" }}")),
        signature: vec![0, 255, 7],
    }
}

async fn insert(tx: &mut Tx, report: &Report) -> Result<ReportId, StoreError> {
    reports::insert(tx, &report.head, report.document().unwrap(), &report.signature).await
}

fn numbered(mut report: Report, number: i64) -> Report {
    (report.head.number, report.head.digest) = (number, Some(Digest::of(number.to_string().as_bytes())));
    report
}

async fn a_report(db: &Db) -> ReportId {
    let (agreement, _) = an_objective(db).await;
    let mut tx = begin(db).await;
    let id = insert(&mut tx, &report(agreement, "2026-W46", 1)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

async fn queued(db: &Db, report: ReportId, message_id: &str) -> DeliveryId {
    let mut tx = begin(db).await;
    let id =
        outbox::enqueue(&mut tx, outgoing(report, "ana@example.org", message_id, b"MIME\0\xff"), at(0)).await.unwrap();
    tx.commit().await.unwrap();
    id
}

on_both! {
    async fn the_latest_evaluation_replaces_the_one_before_and_knows_since_when(db: &Db) {
        let (_, id) = an_objective(db).await;
        assert_eq!(evaluations::find(db, id).await.unwrap(), None);
        let save = async |evaluation: &Evaluation| {
            let mut tx = begin(db).await;
            evaluations::save_many(&mut tx, std::slice::from_ref(evaluation)).await.unwrap();
            tx.commit().await.unwrap();
        };
        let first = evaluation(id, "meeting", 0);
        save(&first).await;
        assert_eq!(evaluations::find(db, id).await.unwrap().as_ref(), Some(&first), "to the last bit of the floats");

        let second = Evaluation { burn: Vec::new(), firing: Vec::new(), exhausted_at: None, ..evaluation(id, "meeting", 60) };
        save(&second).await;
        let kept = Evaluation { since: at(0), ..second };
        assert_eq!(evaluations::list(db).await.unwrap(), [kept], "the status began with the first");
        let third = evaluation(id, "breached", 120);
        save(&third).await;
        assert_eq!(evaluations::list(db).await.unwrap(), [third]);
        // a rate that is no number is unmeasurable
        save(&Evaluation { burn: vec![(5, Some(f64::INFINITY))], ..evaluation(id, "breached", 180) }).await;
        assert_eq!(evaluations::find(db, id).await.unwrap().unwrap().burn, [(5, None)]);
    }

    async fn reports_are_kept_byte_for_byte_and_found(db: &Db) {
        let (agreement, _) = an_objective(db).await;
        let mut ids = Vec::new();
        for (label, revision) in [("2026-W46", 1), ("2026-W46", 2), ("2026-W47", 1), ("2026-W45", 3)] {
            let mut tx = begin(db).await;
            let (number, previous) = reports::next_place(&mut tx, agreement).await.unwrap();
            assert_eq!((number, previous.is_some()), (1 + i64::try_from(ids.len()).unwrap(), !ids.is_empty()));
            let report = numbered(report(agreement, label, revision), number);
            ids.push(insert(&mut tx, &report).await.unwrap());
            tx.commit().await.unwrap();
        }
        assert_eq!(ids[0], ReportId(6000));
        let mut expected = numbered(report(agreement, "2026-W46", 2), 2);
        expected.head.id = ids[1];
        assert_eq!(reports::find(db, ids[1]).await.unwrap().as_ref(), Some(&expected));
        assert_eq!(reports::latest(db, agreement, "2026-W46").await.unwrap(), Some(expected));
        assert_eq!(reports::latest(db, agreement, "2026-W01").await.unwrap(), None);

        assert!(reports::exists(db, agreement, "2026-W46", false).await.unwrap());
        assert!(!reports::exists(db, agreement, "2026-W47", false).await.unwrap(), "only a provisional one");
        assert!(reports::exists(db, agreement, "2026-W47", true).await.unwrap());
        assert!(!reports::exists(db, AgreementId(1), "2026-W46", true).await.unwrap());

        let listed = |heads: Vec<ReportHead>| heads.into_iter().map(|head| head.id).collect::<Vec<_>>();
        let newest_first = [ids[2], ids[1], ids[0], ids[3]];
        assert_eq!(listed(reports::list(db, None, Page::first(10)).await.unwrap()), newest_first);
        assert_eq!(listed(reports::list(db, Some(agreement), Page { limit: 2, offset: 1 }).await.unwrap()), newest_first[1..3]);
        assert_eq!(listed(reports::list(db, Some(AgreementId(1)), Page::first(10)).await.unwrap()), []);
        assert_eq!(reports::count(db, None).await.unwrap(), 4);
        for (customer, period, verdict, found) in [
            ("Zürich Insurance", "", "", 4),
            ("Zürich", "", "", 0),
            ("", "2026-W4", "met", 4),
            ("", "2026-W46", "", 2),
            ("", "%", "", 0),
            ("", "", "breached", 0),
            ("Zürich Insurance", "2026-W47", "met", 1),
        ] {
            let [customer, period, verdict] = [customer, period, verdict].map(str::to_owned);
            let filter = Filter { agreement: None, customer, period, verdict };
            assert_eq!(reports::count(db, filter.clone()).await.unwrap(), found, "{filter:?}");
            assert_eq!(reports::list(db, filter, Page::first(9)).await.unwrap().len(), usize::try_from(found).unwrap());
        }
        assert_eq!(reports::count(db, Some(AgreementId(1))).await.unwrap(), 0);

        let chain = reports::in_chain(db, agreement, 1, 2).await.unwrap();
        assert_eq!(chain.iter().map(|one| one.head.number).collect::<Vec<_>>(), [2, 3]);
        let head = reports::chain_head(db, agreement).await.unwrap();
        assert_eq!((head.number, head.digest), (4, Some(Digest::of(b"4"))));
        assert_eq!(reports::chain_head(db, AgreementId(1)).await.unwrap(), Head::default());
        let revisions = reports::revisions(db, agreement, "2026-W46").await.unwrap();
        assert_eq!(listed(revisions), ids[..2]);

        let mut tx = begin(db).await;
        let number = insert(&mut tx, &numbered(report(agreement, "2026-W48", 1), 4)).await.unwrap_err();
        assert!(number.is_conflict_on("reports.agreement, reports.number"), "{number:?}");
        drop(tx);
        let mut tx = begin(db).await;
        let twice = insert(&mut tx, &numbered(report(agreement, "2026-W46", 2), 5)).await.unwrap_err();
        assert!(twice.is_conflict_on("reports.agreement, reports.label, reports.revision"), "{twice:?}");
    }

    async fn a_delivery_is_tried_until_it_is_taken(db: &Db) {
        let report = a_report(db).await;
        let id = queued(db, report, "<1@nines>").await;
        let claimed = outbox::claim_due(db, at(0), 60, "one", 9).await.unwrap().remove(0);
        assert_eq!((claimed.id, claimed.report, claimed.attempts), (id, report, 0));
        assert_eq!((claimed.recipient.as_str(), claimed.message_id.as_str()), ("ana@example.org", "<1@nines>"));
        assert_eq!(claimed.mime, b"MIME\0\xff");
        assert_eq!(outbox::claim_due(db, at(59), 60, "two", 9).await.unwrap(), [], "leased");

        let mut tx = begin(db).await;
        assert!(outbox::record_failed(&mut tx, id, "two", at(1), None, "not mine").await.is_err());
        outbox::record_failed(&mut tx, id, "one", at(1), Some(at(100)), "451 try later").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(outbox::claim_due(db, at(99), 60, "one", 9).await.unwrap(), [], "not yet");
        assert_eq!(outbox::claim_due(db, at(100), 60, "one", 9).await.unwrap()[0].attempts, 1);
        // the process dies here; after the lease another sends the same message again
        let again = outbox::claim_due(db, at(160), 60, "two", 9).await.unwrap().remove(0);
        assert_eq!(again.message_id, "<1@nines>");
        let mut tx = begin(db).await;
        assert!(outbox::record_sent(&mut tx, id, "one", at(161), "250 ok").await.is_err(), "no longer its lease");
        outbox::record_sent(&mut tx, id, "two", at(161), "250 ok").await.unwrap();
        tx.commit().await.unwrap();
        let sent = outbox::list_by_report(db, report).await.unwrap().remove(0);
        assert_eq!((sent.state, sent.attempts, sent.last_at), (DeliveryState::Sent, 2, Some(at(161))));
        assert_eq!(sent.last_answer, "250 ok");
        assert_eq!(outbox::claim_due(db, at(9_999), 60, "one", 9).await.unwrap(), []);
        let mut tx = begin(db).await;
        assert!(!outbox::retry(&mut tx, id, at(0)).await.unwrap(), "what was sent is not sent again");
    }

    async fn a_delivery_can_be_given_up_and_taken_up_again(db: &Db) {
        let report = a_report(db).await;
        let id = queued(db, report, "<1@nines>").await;
        let other = queued(db, report, "<2@nines>").await;
        assert_eq!(outbox::claim_due(db, at(0), 60, "one", 1).await.unwrap()[0].id, id);
        let mut tx = begin(db).await;
        outbox::record_failed(&mut tx, id, "one", at(1), None, "550 no such user").await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(outbox::counts(db).await.unwrap(), Counts { queued: 1, sent: 0, dead: 1 });
        let listed = outbox::list(db, None, Page::first(9)).await.unwrap();
        assert_eq!(listed.iter().map(|d| (d.id, d.state)).collect::<Vec<_>>(), [
            (other, DeliveryState::Queued),
            (id, DeliveryState::Dead)
        ]);
        let mut tx = begin(db).await;
        assert!(outbox::retry(&mut tx, id, at(5)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(outbox::claim_due(db, at(5), 60, "one", 9).await.unwrap().len(), 2);
        let mut tx = begin(db).await;
        outbox::release(&mut tx, id, "one").await.unwrap();
        outbox::release(&mut tx, other, "two").await.unwrap();
        tx.commit().await.unwrap();
        let ids = outbox::claim_due(db, at(5), 60, "two", 9).await.unwrap();
        assert_eq!(ids.iter().map(|c| c.id).collect::<Vec<_>>(), [id], "the other is still leased");
    }

    async fn a_message_is_enqueued_once(db: &Db) {
        let report = a_report(db).await;
        queued(db, report, "<1@nines>").await;
        let mut tx = begin(db).await;
        let twice = outbox::enqueue(&mut tx, outgoing(report, "bo@example.org", "<1@nines>", b""), at(0)).await.unwrap_err();
        assert!(twice.is_conflict_on("deliveries.message_id"), "{twice:?}");
        drop(tx);
        let mut tx = begin(db).await;
        let unknown = outbox::enqueue(&mut tx, outgoing(ReportId(1), "bo@example.org", "<2@nines>", b""), at(0)).await;
        assert!(matches!(unknown, Err(StoreError::Conflict { .. })));
    }
}
