//! What several pages say in the same way: standings, shares, and who may do what.

use crate::domain::wording;
use crate::language;
use crate::language::say;
use crate::store::users::{Role, User};
use crate::view::{Flash, FlashKind, Pager, Status};
use crate::web::WebError;
use actix_web::http::StatusCode;

/// May this person define and change things?
pub fn can_edit(user: &User) -> bool {
    user.role != Role::Viewer
}

/// Lets only those on who may define and change things.
pub fn editor(user: &User) -> Result<(), WebError> {
    if can_edit(user) {
        return Ok(());
    }
    Err(WebError::Refused {
        status: StatusCode::FORBIDDEN,
        title: say!("You may look, but not change"),
        message: say!("Your role is viewer. Ask an editor to do this, or an admin to change your role."),
    })
}

/// May this person decide about what editors propose?
pub fn can_approve(user: &User) -> bool {
    user.role >= Role::Approver
}

/// Lets only those on who may decide about what editors propose.
pub fn approver(user: &User) -> Result<(), WebError> {
    if can_approve(user) {
        return Ok(());
    }
    Err(WebError::Refused {
        status: StatusCode::FORBIDDEN,
        title: say!("You may not decide this"),
        message: say!(
            "Your role is {role}. Ask an approver or an admin to decide, or an admin to change your role.",
            language::word(user.role.word())
        ),
    })
}

/// Lets only admins on.
pub fn admin(user: &User) -> Result<(), WebError> {
    if user.role == Role::Admin {
        return Ok(());
    }
    Err(WebError::Refused {
        status: StatusCode::FORBIDDEN,
        title: say!("Only admins manage people"),
        message: say!("Your role is {role}. Ask an admin to do this.", language::word(user.role.word())),
    })
}

/// Something worked.
pub fn done(text: impl Into<String>) -> Flash {
    Flash { kind: FlashKind::Done, text: text.into() }
}

/// Something did not work.
pub fn failed(text: impl Into<String>) -> Flash {
    Flash { kind: FlashKind::Failed, text: text.into() }
}

/// The standing behind a stored word: an evaluation's or a report's.
pub fn status_of_word(word: &str) -> Status {
    match word {
        "breached" => Status::Breached,
        "at_risk" => Status::AtRisk,
        "meeting" | "met" => Status::Meeting,
        _ => Status::NoData,
    }
}

/// The worst standing; what was not measured decides nothing, unless nothing was measured at all.
pub fn worst(all: impl IntoIterator<Item = Status>) -> Status {
    let place = |status: Status| Status::ALL.iter().position(|one| *one == status);
    all.into_iter().min_by_key(|status| place(*status)).unwrap_or(Status::NoData)
}

/// A page of a list: its number from 1, how many rows it may show, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// The page, from 1.
    pub page: i64,
    /// Rows of a page.
    pub size: i64,
    /// All rows.
    pub total: i64,
}

impl Part {
    /// The page that was asked for, or the last if there are not so many.
    pub fn new(asked: Option<i64>, size: i64, total: i64) -> Self {
        let last = ((total + size - 1) / size).max(1);
        Self { page: asked.unwrap_or(1).clamp(1, last), size, total }
    }

    /// Rows before the page.
    pub const fn offset(self) -> i64 {
        (self.page - 1) * self.size
    }

    /// The page turner; nothing to turn if all rows fit.
    pub fn pager(self, href: impl Fn(i64) -> String) -> Pager {
        if self.total <= self.size {
            return Pager::default();
        }
        let (first, last) = (self.offset() + 1, (self.offset() + self.size).min(self.total));
        let count = wording::count;
        Pager {
            summary: say!("{first}–{last} of {total}", count(first), count(last), count(self.total)),
            previous: (self.page > 1).then(|| href(self.page - 1)),
            next: (last < self.total).then(|| href(self.page + 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_counts_and_what_was_not_measured_only_alone() {
        use Status::{AtRisk, Breached, Meeting, NoData};
        assert_eq!(worst([Meeting, NoData, AtRisk]), AtRisk);
        assert_eq!(worst([NoData, Meeting]), Meeting);
        assert_eq!(worst([AtRisk, Breached]), Breached);
        assert_eq!(worst([NoData]), NoData);
        assert_eq!(worst([]), NoData);
    }

    #[test]
    fn pages_are_turned_within_the_list() {
        let href = |page| format!("/reports?page={page}");
        assert_eq!(Part::new(Some(9), 25, 20).pager(href), Pager::default());
        let middle = Part::new(Some(2), 25, 1_060).pager(href);
        assert_eq!(middle.summary, "26–50 of 1,060");
        assert_eq!(middle.previous.as_deref(), Some("/reports?page=1"));
        assert_eq!(middle.next.as_deref(), Some("/reports?page=3"));
        let last = Part::new(Some(i64::MAX), 25, 26);
        assert_eq!((last.page, last.offset(), last.pager(href).next), (2, 25, None));
        assert_eq!(Part::new(Some(-4), 25, 0).offset(), 0);
    }
}
