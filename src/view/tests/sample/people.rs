//! People with an account.

use super::{Say, shell};
use crate::view::people::{PeoplePage, PersonRow};
use crate::view::{Choice, Form, Help, Section};

pub(super) fn people(say: &Say) -> PeoplePage {
    let row = |id, name: &str, role: &str, has_access| PersonRow {
        id,
        name: say.it(name),
        email: say.it("ada@example.com"),
        role: role.to_owned(),
        since: say.it("2026-11-21"),
        is_self: id == 1,
        has_access,
    };
    PeoplePage {
        shell: shell(say, "People", Section::People, Some(Help::PEOPLE)),
        rows: vec![
            row(1, "Ada Lovelace", "admin", true),
            row(2, "Bo", "approver", true),
            row(3, "Eve", "editor", false),
        ],
        roles: ["viewer", "editor", "approver", "admin"].map(|word| Choice::new(word, say.it(word))).to_vec(),
        form: Form::default(),
    }
}
