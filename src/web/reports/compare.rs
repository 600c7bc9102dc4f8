//! GET `/reports/compare?a=6000&b=6001`: two reports side by side.

use super::list::named;
use crate::domain::ids::ReportId;
use crate::domain::wording::{counted, instant};
use crate::language;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::show_report::{self, OpenReport};
use crate::store;
use crate::store::reports::ReportHead;
use crate::view::reports::{ComparePage, ComparedReport, ComparedRow};
use crate::view::{Help, Link, Section};
use crate::web::extract::{Frame, SignedIn};
use crate::web::html::Html;
use crate::web::{State, WebError, paths, say};
use actix_web::web::{Data, Query};
use serde::Deserialize;

/// Which two, and whether what they claim alike is shown too.
#[derive(Debug, Deserialize)]
pub struct Wish {
    a: i64,
    b: i64,
    #[serde(default)]
    all: String,
}

/// The page.
pub async fn compare(
    _user: SignedIn,
    frame: Frame,
    state: Data<State>,
    wish: Query<Wish>,
) -> Result<Html<ComparePage>, WebError> {
    let (first, second) = (open(&state, wish.a).await?, open(&state, wish.b).await?);
    let pairs = first.1.beside(&second.1);
    let (alike, differing): (Vec<_>, Vec<_>) =
        pairs.into_iter().filter(|pair| !is_verdict(&pair.what)).partition(|pair| pair.first == pair.second);
    let n = i64::try_from(alike.len()).unwrap_or(i64::MAX);
    let shows_all = !wish.all.is_empty();
    let said = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "–".to_owned());
    let shown = differing.into_iter().map(|pair| (pair, true));
    let rows = shown.chain(alike.into_iter().filter(|_| shows_all).map(|pair| (pair, false)));
    let href = |a: i64, b: i64, all: bool| {
        format!("{}/compare?a={a}&b={b}{}", paths::REPORTS, if all { "&all=yes" } else { "" })
    };
    let other = if shows_all { say!("Show only what differs") } else { say!("Show what is alike too") };
    Ok(Html(ComparePage {
        shell: frame.shell.page("Two reports side by side", Section::Reports, Some(Help::REPORTS)),
        reports: [compared(&state, &first).await?, compared(&state, &second).await?],
        rows: rows
            .map(|(pair, differs)| ComparedRow {
                what: pair.what,
                first: said(pair.first),
                second: said(pair.second),
                differs,
            })
            .collect(),
        shows_alike: shows_all,
        alike: say!("{claims} made alike by both.", counted(n, "further claim is", "further claims are")),
        other: Link::new(href(wish.a, wish.b, !shows_all), other),
        exchanged: href(wish.b, wish.a, shows_all),
    }))
}

/// The verdicts head the table, with their shapes and colours.
fn is_verdict(what: &str) -> bool {
    what == "Verdict" || what == language::word("Verdict")
}

async fn open(state: &State, id: i64) -> Result<(ReportHead, OpenReport), WebError> {
    Ok(show_report::stored(&state.db, ReportId(id)).await?)
}

async fn compared(state: &State, (head, report): &(ReportHead, OpenReport)) -> Result<ComparedReport, WebError> {
    let found = store::agreements::find(&state.db, head.agreement).await?;
    let agreement = found.ok_or(OpsError::NotFound("agreement"))?;
    Ok(ComparedReport {
        link: Link::new(
            format!("{}/{}", paths::REPORTS, head.id),
            say!("{first}, {second}", report.title(), named(head)),
        ),
        status: say::status_of_word(&head.verdict),
        made_at: say!("made {when}", instant(head.built_at, agreement.zone)),
    })
}
