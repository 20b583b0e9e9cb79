//! The statements. All on users' rows have the user in their predicate.

/// Only if all of the user's files, each with a little more than it has, stay within the quota.
pub(super) const ADD: &str = "
    INSERT INTO attachments (id, user_id, name, mime_type, size, created_at)
    SELECT $1, $2, $3, $4, $5, $6
     WHERE $5 + $7 + (SELECT coalesce(sum(size + $7), 0) FROM attachments WHERE user_id = $2) <= $8";

pub(super) const LOAD: &str = "
    SELECT id, thread_id, name, mime_type, size, uploaded_at
      FROM attachments
     WHERE id = $1
       AND user_id = $2";

pub(super) const CLAIM: &str = "
    UPDATE attachments
       SET claimed_at = $3
     WHERE id = $1
       AND user_id = $2
       AND uploaded_at IS NULL
       AND (claimed_at IS NULL OR claimed_at < $4)";

pub(super) const GIVE_UP: &str = "
    UPDATE attachments
       SET claimed_at = NULL
     WHERE id = $1
       AND user_id = $2
       AND uploaded_at IS NULL";

pub(super) const UPLOADED: &str = "
    UPDATE attachments
       SET uploaded_at = $3, claimed_at = NULL
     WHERE id = $1
       AND user_id = $2
       AND uploaded_at IS NULL";

pub(super) const DELETE: &str = "
    DELETE FROM attachments
     WHERE id = $1
       AND user_id = $2";

pub(super) const DELETE_ORPHAN: &str = "
    DELETE FROM attachments
     WHERE id = $1
       AND user_id = $2
       AND thread_id IS NULL";

pub(super) const JOIN: &str = "
    UPDATE attachments
       SET thread_id = $3
     WHERE id = $1
       AND user_id = $2
       AND uploaded_at IS NOT NULL";

pub(super) const LEAVE: &str = "
    INSERT INTO attachment_sweeps (attachment_id, user_id, due_at)
    SELECT id, user_id, $3
      FROM attachments
     WHERE thread_id = $1
       AND user_id = $2
    ON CONFLICT (attachment_id) DO UPDATE
       SET due_at = excluded.due_at";

pub(super) const SCHEDULE: &str = "
    INSERT INTO attachment_sweeps (attachment_id, user_id, due_at)
    VALUES ($1, $2, $3)
    ON CONFLICT (attachment_id) DO UPDATE
       SET due_at = excluded.due_at";

pub(super) const DUE: &str = "
    SELECT attachment_id AS id, user_id, due_at
      FROM attachment_sweeps
     WHERE due_at <= $1
     ORDER BY due_at
     LIMIT $2";

pub(super) const SETTLE: &str = "
    DELETE FROM attachment_sweeps
     WHERE attachment_id = $1
       AND due_at <= $2";

pub(super) const HOLD_BACK: &str = "
    UPDATE attachment_sweeps
       SET due_at = $3
     WHERE attachment_id = $1
       AND due_at <= $2";
