//! Identities: one type per kind of thing, so that a mixed-up id does not compile.

use std::fmt;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// A service.
    ServiceId,
    /// A source of measurements.
    SourceId,
    /// A measured series of a service.
    IndicatorId,
    /// An agreement (SLA).
    AgreementId,
    /// An objective (SLO) of an agreement.
    ObjectiveId,
    /// What was agreed from a moment on.
    RevisionId,
    /// Time taken out of the judgement.
    ExclusionId,
    /// A stored report.
    ReportId,
    /// One report on its way to one recipient.
    DeliveryId,
    /// A stretch of time in which an objective left its usual.
    AnomalyId,
    /// When reports are mailed, and to whom.
    ScheduleId,
    /// What a schedule mails about one period.
    RunId,
    /// A link for people without an account.
    ShareLinkId,
    /// A note on what happened.
    NoteId,
    /// A key with which a program leaves notes.
    NoteKeyId,
    /// A person with an account.
    UserId,
}
