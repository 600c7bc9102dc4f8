//! People: who has an account, and what they may do.

use super::{Choice, Form, Shell};
use crate::language::filters;
use askama::Template;

/// `/people`. Fields of a new person: `name`, `email`, `role`, `password`. `POST /people/{id}/role` and `/remove` change one.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/people.html")]
pub struct PeoplePage {
    /// What stands around it.
    pub shell: Shell,
    /// Everybody, oldest account first; those without access last.
    pub rows: Vec<PersonRow>,
    /// The roles.
    pub roles: Vec<Choice>,
    /// What was typed; passwords are never shown again.
    pub form: Form,
}

/// One person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// The account's id.
    pub id: i64,
    /// The name.
    pub name: String,
    /// The address.
    pub email: String,
    /// The role's word.
    pub role: String,
    /// When the account was made.
    pub since: String,
    /// Is it the person who looks at the page?
    pub is_self: bool,
    /// May the person sign in?
    pub has_access: bool,
}
