//! What handlers work with.

use crate::clock::Clock;
use crate::config::Settings;
use crate::ops::password::Hasher;
use crate::store::{Db, Sealer};
use crate::telemetry::Metrics;
use crate::web::throttle::Throttle;
use actix_web::cookie::Key;
use std::sync::Arc;

/// What handlers work with; cheap to clone. Extract it as `web::Data<State>`.
#[derive(Clone)]
pub struct State {
    /// The database.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// The settings.
    pub settings: Arc<Settings>,
    /// Own counters.
    pub metrics: Metrics,
    /// Passwords.
    pub hasher: Hasher,
    /// Tries to sign in.
    pub throttle: Throttle,
    /// Seals the secrets of sources.
    pub sealer: Sealer,
    /// Signs cookies.
    pub key: Key,
}
