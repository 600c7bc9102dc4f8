//! Makes and revokes keys with which programs, such as a deploy pipeline, leave notes.

use crate::domain::exclusion::Scope;
use crate::domain::ids::{NoteKeyId, UserId};
use crate::language::say;
use crate::ops::{Context, OpsError, audit, token};
use crate::store;
use crate::store::note_keys::NoteKey;
use crate::store::objectives::ObjectiveListing;
use serde::Serialize;

/// The longest name, in characters.
const NAME_CHARS_MAX: usize = 80;
/// How many keys for one objective may be open at a time.
const OPEN_MAX: usize = 50;

/// What the audit log keeps of a key: never its token.
#[derive(Serialize)]
struct Snapshot<'a> {
    name: &'a str,
    scope: String,
}

/// Makes a key; its token is returned once and kept nowhere.
pub async fn make(
    context: &Context,
    who: UserId,
    of: &ObjectiveListing,
    scope: Scope,
    name: &str,
) -> Result<String, OpsError> {
    let now = context.clock.now();
    let name = checked_name(name)?;
    let keys = store::note_keys::list(&context.db, of).await?;
    if keys.iter().filter(|key| key.revoked_at.is_none()).count() >= OPEN_MAX {
        let sentence = say!("There are {most} keys already. Revoke one that nobody needs any more.", OPEN_MAX);
        return Err(OpsError::refused("", sentence));
    }
    let token = token::random().map_err(|_random| {
        OpsError::refused(
            "",
            say!("The system gives no random numbers at the moment, so no key was made. Please try again."),
        )
    })?;
    let (id, made_by) = (NoteKeyId(0), Some(who));
    let key = NoteKey { id, scope, name, made_by, made_at: now, used_at: None, revoked_at: None };
    let mut tx = context.db.begin_write().await?;
    let id = store::note_keys::insert(&mut tx, &token::hash(&token), &key).await?;
    let after = Snapshot { name: &key.name, scope: scope.to_string() };
    audit(&mut tx, now, Some(who), "note_key.made", ("note_key", id.0), (None, Some(&after))).await?;
    tx.commit().await?;
    Ok(token)
}

/// Revokes a key whose notes hold for an objective: it opens nothing any more, and its notes stay.
pub async fn revoke(context: &Context, who: UserId, of: &ObjectiveListing, id: NoteKeyId) -> Result<(), OpsError> {
    let found = store::note_keys::find(&context.db, id).await?;
    let key = found.filter(|key| of.is_in(key.scope)).ok_or(OpsError::NotFound("key"))?;
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    store::note_keys::revoke(&mut tx, id, who, now).await?;
    let before = Snapshot { name: &key.name, scope: key.scope.to_string() };
    audit(&mut tx, now, Some(who), "note_key.revoked", ("note_key", id.0), (Some(&before), None)).await?;
    Ok(tx.commit().await?)
}

fn checked_name(name: &str) -> Result<String, OpsError> {
    let name = name.trim();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(OpsError::refused(
            "name",
            say!("Write in one line who will use the key, such as deploy pipeline."),
        ));
    }
    if name.chars().count() > NAME_CHARS_MAX {
        return Err(OpsError::refused("name", say!("Write the name in at most {most} characters.", NAME_CHARS_MAX)));
    }
    Ok(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_at_most_80_characters() {
        assert_eq!(checked_name(" pipeline ").ok().as_deref(), Some("pipeline"));
        assert!(checked_name(&"ü".repeat(80)).is_ok() && checked_name(&"ü".repeat(81)).is_err());
        assert!(checked_name("  ").is_err() && checked_name("a\nb").is_err());
    }
}
