//! Signing in, the first set-up, and one's own account.

use super::{Form, Shell};
use crate::language::filters;
use askama::Template;

/// `/sign-in`. Fields: `email`, `password`, and `next`, the page to go on to.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/account/sign_in.html")]
pub struct SignInPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was typed; passwords are never shown again.
    pub form: Form,
}

/// `/set-up?token=…`: makes the first account. Fields: `token`, `name`, `email`, `password`, `repeat`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/account/set_up.html")]
pub struct SetUpPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was typed; passwords are never shown again.
    pub form: Form,
}

/// `/account`: who one is, and the form to change the password. Fields: `current`, `password`, `repeat`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/account/account.html")]
pub struct AccountPage {
    /// What stands around it.
    pub shell: Shell,
    /// What was typed; passwords are never shown again.
    pub form: Form,
}
