//! Bars: how much budget is left, how far a backfill has come.
//!
//! A bar is an SVG whose lengths are plain attributes, because the content security policy forbids inline style. One
//! unit is a thousandth. The budget's axis stands at 500: what remains grows to the right up to 1500, what is overspent
//! grows to the left down to 0 and is cut off there, so that the axes of all rows of a table line up.

/// What is left of an error budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetBar {
    /// Thousandths of the budget that remain; negative when overspent; `None` when nothing was measured.
    pub remaining_permille: Option<i64>,
    /// The colour of what remains is the status's.
    pub status: super::Status,
}

impl BudgetBar {
    /// Where the axis stands.
    pub const AXIS: i64 = 500;

    /// Length of the part that remains, 0 to 1000.
    #[must_use]
    pub fn remaining(&self) -> i64 {
        self.remaining_permille.unwrap_or(0).clamp(0, 1000)
    }

    /// Length of the overspent part, 0 to 500.
    #[must_use]
    pub fn overspent(&self) -> i64 {
        self.remaining_permille.unwrap_or(0).clamp(-Self::AXIS, 0).saturating_neg()
    }

    /// Where the overspent part begins.
    #[must_use]
    pub fn overspent_from(&self) -> i64 {
        Self::AXIS - self.overspent()
    }

    /// Is more overspent than the bar can show?
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.remaining_permille.is_some_and(|permille| permille < -Self::AXIS)
    }
}

/// How far something has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Thousandths that are done, 0 to 1000.
    pub done_permille: i64,
    /// The same for people: `21 of 35 days, about 4 min left`.
    pub text: String,
}

impl Progress {
    /// Length of the done part, 0 to 1000.
    #[must_use]
    pub fn done(&self) -> i64 {
        self.done_permille.clamp(0, 1000)
    }

    /// Is it finished?
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.done_permille >= 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Status;

    fn lengths(remaining_permille: Option<i64>) -> (i64, i64, i64, bool) {
        let bar = BudgetBar { remaining_permille, status: Status::Meeting };
        (bar.remaining(), bar.overspent_from(), bar.overspent(), bar.is_cut())
    }

    #[test]
    fn what_remains_grows_right_and_what_is_overspent_grows_left_of_the_axis() {
        assert_eq!(lengths(Some(342)), (342, 500, 0, false));
        assert_eq!(lengths(Some(0)), (0, 500, 0, false));
        assert_eq!(lengths(Some(-130)), (0, 370, 130, false));
        assert_eq!(lengths(Some(-500)), (0, 0, 500, false));
        assert_eq!(lengths(Some(i64::MIN)), (0, 0, 500, true));
        assert_eq!(lengths(Some(i64::MAX)), (1000, 500, 0, false));
        assert_eq!(lengths(None), (0, 500, 0, false));
    }

    #[test]
    fn progress_never_leaves_its_track() {
        let at = |done_permille| Progress { done_permille, text: String::new() };
        assert_eq!((at(-5).done(), at(600).done(), at(1001).done()), (0, 600, 1000));
        assert!(at(1000).is_finished() && !at(999).is_finished());
    }
}
