//! What is said to the server. In the templates `%1$I` is the role, `%2$L` its secret, `%3$I` the database, `%4$I` the group
//! of the logins, `%5$s` how many connections one login may have.

/// Names the lock: two that make roles in one database at once wait for each other.
pub(super) const LOCK: i64 = 0x746f_646f_726f_6c65;

pub(super) const CREATE_LOGIN: &str = "CREATE ROLE %1$I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE \
                                       NOREPLICATION NOBYPASSRLS PASSWORD %2$L";
pub(super) const ALTER_LOGIN: &str = "ALTER ROLE %1$I LOGIN INHERIT PASSWORD %2$L";
pub(super) const CREATE_GROUP: &str = "CREATE ROLE %1$I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE \
                                       NOREPLICATION NOBYPASSRLS";

/// Of a login: its rights are the group's alone, and it takes no more of the server than its share. The servers set limits
/// for each transaction too; these hold for whoever else has the password.
pub(super) const LOGIN: [&str; 9] = [
    "GRANT %4$I TO %1$I",
    "ALTER ROLE %1$I CONNECTION LIMIT %5$s",
    "ALTER ROLE %1$I SET search_path = public",
    "ALTER ROLE %1$I SET statement_timeout = '30s'",
    "ALTER ROLE %1$I SET lock_timeout = '10s'",
    "ALTER ROLE %1$I SET idle_in_transaction_session_timeout = '60s'",
    // Earlier releases gave the first login its rights by itself.
    "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM %1$I",
];

/// What the logins may do.
pub(super) const OF_THE_GROUP: &[&str] = &[
    "GRANT CONNECT ON DATABASE %3$I TO %1$I",
    "GRANT USAGE ON SCHEMA public TO %1$I",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %1$I",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public \
     GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %1$I",
    // What has run is for whoever migrates to say.
    "REVOKE INSERT, UPDATE, DELETE ON TABLE public._sqlx_migrations FROM %1$I",
];

/// What people's own logins may do that are made members. Row-level security holds for them too.
pub(super) const OF_READERS: &[&str] = &[
    "GRANT CONNECT ON DATABASE %3$I TO %1$I",
    "GRANT USAGE ON SCHEMA public TO %1$I",
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO %1$I",
    // Hashes of passwords and tokens, which row-level security does not cover.
    "REVOKE ALL ON TABLE public.users, public.identities, public.sessions, public.refresh_tokens FROM %1$I",
];

/// Whoever has one of these, or is a member of the role that owns the tables, is not held by row-level
/// security for long.
pub(super) const TOO_MUCH: &str = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR \
                                   rolreplication OR pg_has_role(rolname, current_user, 'MEMBER') \
                                   FROM pg_roles WHERE rolname = $1";

pub(super) const MAY_CREATE: &str = "SELECT has_schema_privilege($1::name, 'public', 'CREATE')";
pub(super) const REVOKES: [&str; 2] =
    ["REVOKE CREATE ON SCHEMA public FROM %1$I", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"];

/// Nothing but its name is left of a login: the next turn gives it another password.
pub(super) const LOCK_LOGIN: &str = "ALTER ROLE %1$I NOLOGIN PASSWORD NULL";
pub(super) const MAY_LOG_IN: &str = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1";
/// Of this database only: a role is the whole server's, but these two are one object's.
pub(super) const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
                                   WHERE usename = $1 AND datname = current_database()";
