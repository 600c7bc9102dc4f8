//! The built-in guide: what the words mean. Help lines on pages link to its sections.

use super::Shell;
use crate::language::filters;
use askama::Template;

/// `/guide`.
#[derive(Template, Clone, Debug)]
#[template(path = "pages/guide.html")]
pub struct GuidePage {
    /// What stands around it.
    pub shell: Shell,
}
