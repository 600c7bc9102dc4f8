//! How domain values stand in the report's JSON: as the words and decimals that people read.
//!
//! The domain knows no serde; each module here is one `#[serde(with = …)]`.

use serde::{Deserialize, Deserializer, Serializer, de::Error};

/// Reads text and turns it into a value, or says which text it was.
fn read<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    what: &str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no {what}")))
}

/// RFC 3339 in UTC.
pub(super) mod instant {
    use super::{Deserializer, Serializer};
    use crate::domain::time::Instant;
    use chrono::{DateTime, Utc};

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(at: &Instant, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(at)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Instant, D::Error> {
        super::read(deserializer, "moment", |text| text.parse::<DateTime<Utc>>().ok().map(Instant::from))
    }
}

/// RFC 3339 in UTC, or null.
pub(super) mod maybe_instant {
    use super::{Deserializer, Serializer};
    use crate::domain::time::Instant;
    use chrono::{DateTime, Utc};
    use serde::{Deserialize as _, de::Error as _};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(at: &Option<Instant>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.collect_str(at),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Instant>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let at = text.parse::<DateTime<Utc>>().map_err(|_why| D::Error::custom(format!("{text:?} is no moment")))?;
        Ok(Some(Instant::from(at)))
    }
}

/// 64 hexadecimal digits.
pub(super) mod digest {
    use super::{Deserializer, Serializer};
    use crate::domain::chain::Digest;

    pub(in crate::report) fn serialize<S: Serializer>(digest: &Digest, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(digest)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Digest, D::Error> {
        super::read(deserializer, "SHA-256", Digest::parse)
    }
}

/// 64 hexadecimal digits, or null.
pub(super) mod maybe_digest {
    use super::{Deserializer, Serializer};
    use crate::domain::chain::Digest;
    use serde::{Deserialize as _, de::Error as _};

    #[expect(clippy::ref_option, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(
        digest: &Option<Digest>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match digest {
            Some(digest) => serializer.collect_str(digest),
            None => serializer.serialize_none(),
        }
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Digest>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let digest = Digest::parse(&text).ok_or_else(|| D::Error::custom(format!("{text:?} is no SHA-256")))?;
        Ok(Some(digest))
    }
}

/// `event`, `slice` or `billionth_of_slice`.
pub(super) mod unit {
    use super::{Deserializer, Serializer};
    use crate::domain::terms::Unit;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(unit: &Unit, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(unit.word())
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Unit, D::Error> {
        super::read(deserializer, "unit", Unit::from_word)
    }
}

/// An IANA name.
pub(super) mod zone {
    use super::{Deserializer, Serializer};
    use chrono_tz::Tz;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(zone.name())
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tz, D::Error> {
        super::read(deserializer, "time zone", |text| text.parse().ok())
    }
}

/// A percentage without the sign.
pub(super) mod target {
    use super::{Deserializer, Serializer};
    use crate::domain::target::Target;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(target: &Target, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(target)
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Target, D::Error> {
        super::read(deserializer, "target", |text| Target::parse(text).ok())
    }
}

/// `week`, `month`, …
pub(super) mod period_kind {
    use super::{Deserializer, Serializer};
    use crate::domain::calendar::PeriodKind;
    use crate::domain::wording;

    const ALL: [PeriodKind; 5] =
        [PeriodKind::Day, PeriodKind::Week, PeriodKind::Month, PeriodKind::Quarter, PeriodKind::Year];

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(kind: &PeriodKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(wording::period(*kind))
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PeriodKind, D::Error> {
        super::read(deserializer, "period", |text| ALL.into_iter().find(|kind| wording::period(*kind) == text))
    }
}

/// `availability`, `latency`, …
pub(super) mod objective_kind {
    use super::{Deserializer, Serializer};
    use crate::domain::model::ObjectiveKind;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    pub(in crate::report) fn serialize<S: Serializer>(kind: &ObjectiveKind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.word())
    }

    pub(in crate::report) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<ObjectiveKind, D::Error> {
        super::read(deserializer, "kind of objective", ObjectiveKind::from_word)
    }
}
