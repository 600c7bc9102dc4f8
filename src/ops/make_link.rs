//! Makes a link that shows an agreement's sheet, or an objective's badge, to people without an account.

use crate::domain::calendar::start_of_day;
use crate::domain::ids::{AgreementId, ObjectiveId, ShareLinkId, UserId};
use crate::domain::time::Instant;
use crate::language;
use crate::language::say;
use crate::ops::{Context, OpsError, audit, token};
use crate::store;
use crate::store::share_links::ShareLink;
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use serde::Serialize;

/// The form's field for the last day.
pub const UNTIL: &str = "until";
/// The form's field for whom the link is for.
pub const NOTE: &str = "note";
/// How long that may be.
const NOTE_CHARS_MAX: usize = 200;
/// The last day lies at most so many days ahead.
pub const DAYS_MAX: u64 = 400;
/// How many links of one agreement may be open at a time.
const OPEN_MAX: usize = 100;

/// What a link shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The agreement's sheet, up to the end of a day in the agreement's zone.
    Sheet(NaiveDate),
    /// An objective's badge, until it is revoked.
    Badge(ObjectiveId),
}

/// Makes a link; its token is returned once and kept nowhere.
pub async fn make(
    context: &Context,
    who: UserId,
    agreement: AgreementId,
    shows: Shows,
    note: &str,
) -> Result<String, OpsError> {
    let found = store::agreements::find(&context.db, agreement).await?.ok_or(OpsError::NotFound("agreement"))?;
    let now = context.clock.now();
    let link = ShareLink {
        id: ShareLinkId(0),
        agreement,
        objective: match shows {
            Shows::Sheet(_) => None,
            Shows::Badge(objective) => Some(objective),
        },
        note: checked_note(note)?,
        made_by: Some(who),
        made_at: now,
        expires_at: match shows {
            Shows::Sheet(day) => Some(end_of(day, found.zone, now)?),
            Shows::Badge(_) => None,
        },
        used_at: None,
        revoked_by: None,
        revoked_at: None,
    };
    let links = store::share_links::list(&context.db, agreement).await?;
    if links.iter().filter(|link| link.is_open(now)).count() >= OPEN_MAX {
        let sentence =
            say!("This agreement has {most} links already. Revoke one that nobody needs any more.", OPEN_MAX);
        return Err(OpsError::refused("", sentence));
    }
    let token = token::random().map_err(|_random| OpsError::refused("", language::word(NO_RANDOMNESS)))?;
    let mut tx = context.db.begin_write().await?;
    store::share_links::insert(&mut tx, &token::hash(&token), &link).await?;
    let after = Snapshot::of(&link, &found.name);
    audit(&mut tx, now, Some(who), "link.made", ("agreement", agreement.0), (None, Some(&after))).await?;
    tx.commit().await?;
    Ok(token)
}

const NO_RANDOMNESS: &str = "The system gives no random numbers at the moment, so no link was made. Please try again.";

fn checked_note(note: &str) -> Result<String, OpsError> {
    let note = note.trim();
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(OpsError::refused(NOTE, say!("At most {most} characters; please say it shorter.", NOTE_CHARS_MAX)));
    }
    Ok(note.to_owned())
}

/// The end of the last day, where clocks are those of `zone`.
fn end_of(day: NaiveDate, zone: Tz, now: Instant) -> Result<Instant, OpsError> {
    let today = now.to_utc().with_timezone(&zone).date_naive();
    let refused = |sentence: String| OpsError::refused(UNTIL, sentence);
    if day < today {
        return Err(refused(say!("{day} is over. Choose today ({today}) or a later day.", day, today)));
    }
    let latest = today.checked_add_days(Days::new(DAYS_MAX)).unwrap_or(today);
    if day > latest {
        return Err(refused(say!(
            "A link lasts {most} days at most. Choose {latest} or an earlier day.",
            DAYS_MAX,
            latest
        )));
    }
    let next = day.succ_opt().ok_or_else(|| refused(say!("Choose an earlier day.")))?;
    Ok(start_of_day(next, zone))
}

/// What the audit log keeps of a link: never its token.
#[derive(Serialize)]
pub(super) struct Snapshot<'a> {
    name: &'a str,
    link: String,
    note: &'a str,
    expires: Option<String>,
}

impl<'a> Snapshot<'a> {
    pub(super) fn of(link: &'a ShareLink, agreement: &'a str) -> Self {
        Self {
            name: agreement,
            link: link.objective.map_or_else(|| "sheet".to_owned(), |id| format!("badge of objective {id}")),
            note: &link.note,
            expires: link.expires_at.map(|at| at.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_lasts_to_the_end_of_its_day_in_the_agreements_zone() {
        let zone: Tz = "Europe/Berlin".parse().unwrap();
        // 2026-11-21 23:30 UTC is 00:30 on the 22nd in Berlin
        let now = Instant::from_seconds(1_795_303_800);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        // the 22nd ends in Berlin at 23:00 UTC, 23 h 30 min from now
        assert_eq!(end_of(day("2026-11-22"), zone, now).unwrap(), now.plus_seconds(84_600));
        let refused = |text: &str| end_of(day(text), zone, now).unwrap_err().to_string();
        assert!(refused("2026-11-21").contains("2026-11-21 is over. Choose today (2026-11-22)"));
        assert!(end_of(day("2027-12-27"), zone, now).is_ok(), "400 days ahead");
        assert!(refused("2027-12-28").contains("Choose 2027-12-27 or an earlier day"));
        assert!(refused("9999-12-31").contains("400 days at most"));
    }
}
