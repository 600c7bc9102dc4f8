//! What handlers work with.

use crate::ops::Context;
use crate::ops::password::Hasher;
use crate::web::objective::drawn::Gallery;
use crate::web::throttle::Throttle;
use actix_web::cookie::Key;
use std::ops::Deref;
use std::sync::Arc;

/// What handlers work with: everything that use cases need, and what only the web needs. Cheap to clone; extract it as
/// `web::Data<State>`.
#[derive(Clone)]
pub struct State {
    /// What use cases work with.
    pub context: Context,
    /// Passwords.
    pub hasher: Hasher,
    /// Tries to sign in.
    pub throttle: Throttle,
    /// Signs cookies.
    pub key: Key,
    /// Charts that were drawn for pages.
    pub gallery: Arc<Gallery>,
}

impl Deref for State {
    type Target = Context;

    fn deref(&self) -> &Context {
        &self.context
    }
}
