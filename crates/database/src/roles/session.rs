//! One transaction that brings a login, and the groups it is a member of, to what they shall be.

use sqlx::PgConnection;

use super::{
    RoleError,
    login::Login,
    speaker::{Speaker, Standing},
    statements::{
        ALTER_LOGIN, CREATE_GROUP, CREATE_LOGIN, LOGIN, MAY_CREATE, NOT_LATER, OF_A_LOGIN,
        OF_READERS, OF_THE_GROUP, REACH, REVOKES,
    },
};

/// Roles are made by whoever may; rights on the tables are given by their owner.
pub(super) async fn ensure(
    connection: &mut PgConnection,
    login: &Login,
    secret: &str,
) -> Result<(), RoleError> {
    let (role, group, readers) = (login.role.as_str(), login.group(), login.readers());
    let mut speaker = Speaker::begin(connection, role, secret, &group).await?;
    let set_password = match speaker.judge_stranger(role).await? {
        Standing::Missing => CREATE_LOGIN,
        Standing::Fit => ALTER_LOGIN,
    };
    for group in [&group, &readers] {
        if speaker.judge_stranger(group).await? == Standing::Missing {
            speaker.run(CREATE_GROUP, group).await?;
        }
        speaker.run_all(REACH, group).await?;
    }
    speaker.run(set_password, role).await?;
    speaker.run_all(LOGIN, role).await?;
    keep_from_creating(&mut speaker, role).await?;
    if let Some(owner) = speaker.other_owner().await? {
        // What was said before there was an owner.
        for role in [role, &group, &readers] {
            speaker.run_all(NOT_LATER, role).await?;
        }
        speaker.speak_as(&owner).await?;
    }
    let rights = [(&OF_THE_GROUP, &*group), (&OF_READERS, &readers), (&OF_A_LOGIN, role)];
    for (rights, role) in rights {
        speaker.grant(rights, role).await?;
    }
    speaker.commit().await
}

/// Before Postgres 15 everybody could make tables in `public`.
async fn keep_from_creating(speaker: &mut Speaker<'_>, role: &str) -> Result<(), RoleError> {
    for revoke in REVOKES {
        if speaker.asks(MAY_CREATE, role).await? != Some(true) {
            return Ok(());
        }
        speaker.run(revoke, role).await?;
    }
    match speaker.asks(MAY_CREATE, role).await? {
        Some(true) => Err(RoleError::MayCreate { role: role.to_owned() }),
        _ => Ok(()),
    }
}
