//! An admin changes what somebody may do, or takes their access away. There is always an admin left.

use crate::domain::ids::UserId;
use crate::language::say;
use crate::ops::{Context, OpsError, audit};
use crate::store::users::{self, Role, User};
use crate::store::{Tx, sessions};
use serde::Serialize;

/// What the audit log keeps.
#[derive(Serialize)]
struct Snapshot<'a> {
    email: &'a str,
    role: &'static str,
}

/// Gives somebody another role, from their next request on.
pub async fn change_role(context: &Context, who: UserId, id: UserId, role: Role) -> Result<(), OpsError> {
    let user = find(context, id).await?;
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    if role != Role::Admin {
        keep_an_admin(&mut tx, &user).await?;
    }
    users::set_role(&mut tx, id, role).await?;
    let was = Snapshot { email: &user.email, role: user.role.word() };
    let is = Snapshot { email: &user.email, role: role.word() };
    audit(&mut tx, now, Some(who), "user.changed_role_of", ("user", id.0), (Some(&was), Some(&is))).await?;
    Ok(tx.commit().await?)
}

/// Takes somebody's access away and ends their sessions. What they did stays under their name.
pub async fn remove_access(context: &Context, who: UserId, id: UserId) -> Result<(), OpsError> {
    let user = find(context, id).await?;
    let now = context.clock.now();
    let mut tx = context.db.begin_write().await?;
    keep_an_admin(&mut tx, &user).await?;
    users::set_password(&mut tx, id, "").await?;
    sessions::delete_by_user(&mut tx, id).await?;
    let was = Snapshot { email: &user.email, role: user.role.word() };
    audit(&mut tx, now, Some(who), "user.removed_access_of", ("user", id.0), (Some(&was), None)).await?;
    Ok(tx.commit().await?)
}

async fn find(context: &Context, id: UserId) -> Result<User, OpsError> {
    let user = users::find(&context.db, id).await?.filter(User::has_access);
    user.ok_or(OpsError::NotFound("person with access"))
}

async fn keep_an_admin(tx: &mut Tx, user: &User) -> Result<(), OpsError> {
    // asked whatever the role was a moment ago: somebody may just have made them an admin
    if users::other_admins(tx, user.id).await? == 0 {
        return Err(OpsError::refused("", say!("Nobody else is an admin. Make somebody else an admin first.")));
    }
    Ok(())
}
