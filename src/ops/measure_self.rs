//! Nines measures itself: the default service `nines`, scraped from its own `/metrics`, exists from the first start.

use crate::domain::calendar::PeriodKind;
use crate::domain::contract::{AgreementTerms, ObjectiveTerms};
use crate::domain::ids::SourceId;
use crate::domain::model::{Access, ObjectiveKind, Part, Query, RollingMinutes, Source, SourceSpec, Threshold, Window};
use crate::domain::selector::{Expression, Selector};
use crate::domain::target::Target;
use crate::ops::define_agreement::{AgreementDraft, ObjectiveDraft};
use crate::ops::{Context, OpsError, define_agreement, define_source};
use crate::store;
use chrono_tz::Tz;
use url::Url;

/// The name of the service and of its source.
pub const NAME: &str = "nines";
/// The settings key that says it was made once, so that an archived or renamed one does not come back.
const MADE_KEY: &str = "measure_self.made";

/// Makes the default service, or points its source at the address that Nines listens on now.
pub async fn measure_self(context: &Context, metrics: Url) -> Result<(), OpsError> {
    let sources = store::sources::list(&context.db, &context.sealer).await?;
    let own = sources.into_iter().find(|source| source.name == NAME);
    if let Some(source) = own {
        let spec = SourceSpec::Scrape { url: metrics };
        if source.spec.kind() == spec.kind() && source.spec != spec {
            define_source::change(context, None, Source { spec, ..source }).await?;
        }
        return Ok(());
    }
    if store::settings::get(&context.db, MADE_KEY).await?.is_some() {
        return Ok(());
    }
    let source = define_source::define(context, None, source(metrics)).await?;
    define_agreement::define(context, None, draft(source)?).await?;
    let mut tx = context.db.begin_write().await?;
    store::settings::get_or_insert(&mut tx, MADE_KEY, b"1").await?;
    Ok(tx.commit().await?)
}

fn source(url: Url) -> Source {
    Source {
        id: SourceId(0),
        name: NAME.to_owned(),
        spec: SourceSpec::Scrape { url },
        access: Access::default(),
        every_seconds: 30,
        delay_seconds: 0,
        timeout_seconds: 10,
        archived_at: None,
    }
}

fn draft(source: SourceId) -> Result<AgreementDraft, OpsError> {
    let objective = |name: &str, kind, query, target| ObjectiveDraft {
        id: None,
        name: name.to_owned(),
        kind,
        service: NAME.to_owned(),
        source,
        query,
        target,
        window: Window::Rolling(RollingMinutes::MONTH),
        terms: ObjectiveTerms::default(),
        composite: None,
    };
    let (total, failed) =
        (selector("nines_http_requests_total")?, selector("nines_http_requests_total{status=~\"5..\"}")?);
    let requests = Query::Ratio { total: Expression::Raw(total), part: Part::Bad(Expression::Raw(failed)) };
    let answers = Query::Latency {
        histogram: selector("nines_http_request_duration_seconds_bucket")?,
        threshold: Threshold::parse("0.5").ok_or_else(builtin)?,
    };
    let target = |text| Target::parse(text).or(Err(builtin()));
    Ok(AgreementDraft {
        name: "Nines itself".to_owned(),
        customer: String::new(),
        owner: String::new(),
        zone: Tz::UTC,
        period: PeriodKind::Month,
        report_every: PeriodKind::Week,
        recipients: Vec::new(),
        terms: AgreementTerms::default(),
        objectives: vec![
            objective("Pages answered", ObjectiveKind::Availability, requests.clone(), target("99.9")?),
            objective("Pages within half a second", ObjectiveKind::Latency, answers, target("99")?),
            objective("Failed pages", ObjectiveKind::ErrorRate, requests, target("99.5")?),
        ],
    })
}

fn selector(text: &str) -> Result<Selector, OpsError> {
    Selector::parse(text).or(Err(builtin()))
}

/// The built-in definition is wrong: a defect of ours, reported instead of hidden.
fn builtin() -> OpsError {
    OpsError::refused("", "The built-in definition of Nines' own service is wrong; please report this.")
}
