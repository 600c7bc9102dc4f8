//! Downloads: the ledger's counts over any range, streamed.

use crate::domain::time::{DAY_MINUTES, Span};
use crate::domain::wording;
use crate::language::say;
use crate::ops::OpsError;
use crate::ops::evaluate::judged_until;
use crate::ops::export::{self, Format, Step};
use crate::store::objectives::ObjectiveListing;
use crate::web::extract::SignedIn;
use crate::web::objective::range::{self, Asked};
use crate::web::{State, WebError, objective};
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ContentEncoding};
use actix_web::web::{Bytes, Data, Path, Query};
use futures_util::{Stream, TryStreamExt as _};

/// Ranges up to this length come by minute unless the query says otherwise, longer ones by hour.
const FINE_MINUTES_MAX: i64 = 2 * DAY_MINUTES;

/// GET `/objectives/{id}.csv` and `/objectives/{id}.json`.
pub async fn objective(
    _: SignedIn,
    state: Data<State>,
    path: Path<(i64, String)>,
    asked: Query<Asked>,
) -> Result<HttpResponse, WebError> {
    let (id, ending) = path.into_inner();
    let format = Format::from_ending(&ending);
    let listing = objective::find(&state, id).await?;
    let until = judged_until(state.clock.now());
    let span = range::of(&asked, &listing, until).map_err(|problem| refused(problem.sentence))?.span;
    let step = step(&asked, span)?;
    let name = file_name(&listing, span, "", &ending);
    let rows = export::objective(state.db.clone(), listing, span, step, format).map_err(WebError::internal)?;
    Ok(download(&name, format, rows))
}

fn step(asked: &Asked, span: Span) -> Result<Step, WebError> {
    match asked.step.as_deref().filter(|word| !word.is_empty()) {
        None if span.minutes() <= FINE_MINUTES_MAX => Ok(Step::Minute),
        None => Ok(Step::Hour),
        Some(word) => Step::from_word(word)
            .ok_or_else(|| refused(say!("There is no such step. Write step=minute, step=hour or step=day."))),
    }
}

/// The range is none that can be downloaded; the sentence says the mend.
pub(in crate::web) fn refused(message: String) -> WebError {
    WebError::Refused {
        status: StatusCode::UNPROCESSABLE_ENTITY,
        title: say!("This range cannot be downloaded"),
        message,
    }
}

/// A file that is sent as it is read: never held whole, by us or by the middleware that compresses.
pub(in crate::web) fn download(
    name: &str,
    format: Format,
    pieces: impl Stream<Item = Result<String, OpsError>> + 'static,
) -> HttpResponse {
    let pieces = pieces.map_ok(Bytes::from).inspect_err(|error| {
        // the status is long sent: the cut connection tells the client, this line tells whoever runs Nines
        tracing::error!(error = %error, "a download was cut off");
    });
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .insert_header(ContentEncoding::Identity)
        .streaming(pieces)
}

/// A small file, sent whole.
pub(in crate::web) fn file(name: &str, format: Format, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, format.media_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(body)
}

/// `checkout-answers-2026-10-22-to-2026-11-21.csv`, in letters that every file system and header takes.
///
/// `what` stands between the name and the days, unless it is empty.
pub(in crate::web) fn file_name(listing: &ObjectiveListing, span: Span, what: &str, ending: &str) -> String {
    let zone = listing.agreement.zone;
    let from = wording::day(span.start().start(), zone);
    let to = wording::day(span.end().plus(-1).start(), zone);
    let what = if what.is_empty() { String::new() } else { format!("-{what}") };
    format!("{}{what}-{from}-to-{to}.{ending}", slug(&listing.objective.name, listing.objective.id.0))
}

/// The plain letters and digits of a name, at most 60, or the id where there are none.
fn slug(name: &str, id: i64) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let text: String = name.chars().map(plain).take(60).collect();
    let words: Vec<&str> = text.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { format!("objective-{id}") } else { words.join("-") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_stay_plain() {
        assert_eq!(slug("Checkout answers", 5), "checkout-answers");
        assert_eq!(slug("\"; filename=\"../../x.exe\r\nSet-Cookie: a", 5), "filename-x-exe-set-cookie-a");
        assert_eq!(slug("可用性", 5), "objective-5");
        assert_eq!(slug(&"a".repeat(500), 5).len(), 60);
    }
}
