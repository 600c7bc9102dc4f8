//! The schema's steps, embedded; the same names for both engines. A released step is never edited: its checksum counts.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

macro_rules! steps {
    ($engine:literal: $($version:literal $name:literal),+ $(,)?) => {
        [$(($version, $name, include_str!(concat!("../../migrations/", $engine, "/", $name, ".sql")))),+]
    };
}

pub(super) fn sqlite() -> Migrator {
    migrator(steps!(
        "sqlite":
        1 "0001_definitions",
        2 "0002_ledger",
        3 "0003_reports",
        4 "0004_accounts",
        5 "0005_contracts",
        6 "0006_share_links",
        7 "0007_report_chain",
        8 "0008_baselines",
        9 "0009_notes",
        10 "0010_schedules",
        11 "0011_languages_and_deploys",
        12 "0012_ledger_versions",
        13 "0013_retention_and_trials",
        14 "0014_spreads",
        15 "0015_settled_hours",
    ))
}

pub(super) fn postgres() -> Migrator {
    migrator(steps!(
        "postgres":
        1 "0001_definitions",
        2 "0002_ledger",
        3 "0003_reports",
        4 "0004_accounts",
        5 "0005_contracts",
        6 "0006_share_links",
        7 "0007_report_chain",
        8 "0008_baselines",
        9 "0009_notes",
        10 "0010_schedules",
        11 "0011_languages_and_deploys",
        12 "0012_ledger_versions",
        13 "0013_retention_and_trials",
        14 "0014_spreads",
        15 "0015_settled_hours",
    ))
}

fn migrator<const N: usize>(steps: [(i64, &'static str, &'static str); N]) -> Migrator {
    let step = |(version, name, sql): (i64, &'static str, &'static str)| {
        Migration::new(version, name.into(), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.map(step).into())
}
