//! What is said to the server. In the templates `%1$I` is the role, `%2$L` its secret, `%3$I` the database, `%4$I` the group
//! of the logins, `%5$s` how many connections one login may have, `%6$s` the tables or sequences of whoever says it.

/// Names the lock: two that make roles in one database at once wait for each other.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(x'746f646f726f6c65'::bigint)";

pub(super) const CREATE_LOGIN: &str = "CREATE ROLE %1$I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE \
                                       NOREPLICATION NOBYPASSRLS PASSWORD %2$L";
pub(super) const ALTER_LOGIN: &str = "ALTER ROLE %1$I LOGIN PASSWORD %2$L";
pub(super) const CREATE_GROUP: &str = "CREATE ROLE %1$I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE \
                                       NOREPLICATION NOBYPASSRLS";
pub(super) const SET_ROLE: &str = "SET LOCAL ROLE %1$I";

/// Of a login: its rights are the group's alone, and it takes no more of the server than its share. The servers set limits
/// for each transaction too; these hold for whoever else has the password.
pub(super) const LOGIN: &[&str] = &[
    "ALTER ROLE %1$I INHERIT",
    "GRANT %4$I TO %1$I",
    "ALTER ROLE %1$I CONNECTION LIMIT %5$s",
    "ALTER ROLE %1$I SET search_path = public",
    "ALTER ROLE %1$I SET statement_timeout = '30s'",
    "ALTER ROLE %1$I SET lock_timeout = '10s'",
    "ALTER ROLE %1$I SET idle_in_transaction_session_timeout = '60s'",
];

/// Of the owner: nobody is it by a password.
pub(super) const OWNER: &[&str] =
    &["ALTER ROLE %1$I NOLOGIN PASSWORD NULL", "GRANT USAGE, CREATE ON SCHEMA public TO %1$I"];

/// Whoever is no superuser must be a member of the owner to give it tables, and to speak as it.
pub(super) const JOIN: &str = "GRANT %1$I TO CURRENT_USER";

/// Of the login that migrates, whose group is the owner: it has no right but to act as it, and does so from its first
/// statement on, whatever stands between it and the server.
pub(super) const MIGRATOR: &[&str] = &[
    "ALTER ROLE %1$I NOINHERIT CONNECTION LIMIT 10",
    "GRANT %4$I TO %1$I",
    "GRANT CONNECT ON DATABASE %3$I TO %1$I",
    "ALTER ROLE %1$I SET search_path = public",
    "ALTER ROLE %1$I SET role = %4$I",
];

/// How a table becomes the owner's.
pub(super) const GIVE_TABLE: &str = "ALTER TABLE public.%1$I OWNER TO %4$I";
/// The same of a function: whoever owns one can make it do something else.
pub(super) const GIVE_FUNCTION: &str = "ALTER FUNCTION public.%1$I OWNER TO %4$I";

/// Of a group: that its members get as far as the tables.
pub(super) const REACH: &[&str] =
    &["GRANT CONNECT ON DATABASE %3$I TO %1$I", "GRANT USAGE ON SCHEMA public TO %1$I"];

/// What somebody may do with tables, sequences, and those that are yet to be made. The owner says it.
pub(super) struct Rights {
    pub(super) tables: &'static [&'static str],
    pub(super) sequences: &'static [&'static str],
    pub(super) later: &'static [&'static str],
}

/// What the logins may do.
pub(super) const OF_THE_GROUP: Rights = Rights {
    tables: &[
        "GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %6$s TO %1$I",
        // What has run is for whoever migrates to say.
        "REVOKE INSERT, UPDATE, DELETE ON TABLE public._sqlx_migrations FROM %1$I",
    ],
    sequences: &["GRANT USAGE ON SEQUENCE %6$s TO %1$I"],
    later: &[
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public \
         GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %1$I",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO %1$I",
    ],
};

/// What people's own logins may do that are made members. Row-level security holds for them too.
pub(super) const OF_READERS: Rights = Rights {
    tables: &[
        "GRANT SELECT ON TABLE %6$s TO %1$I",
        // Accounts, what is counted of them, and whose files are to go: hashes, addresses and users' ids, which row-level security
        // does not cover.
        "REVOKE ALL ON TABLE public.users, public.identities, public.sessions, public.refresh_tokens, \
         public.signup_limits, public.login_failures, public.rate_limits, public.attachment_sweeps FROM %1$I",
    ],
    sequences: &[],
    later: &["ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO %1$I"],
};

/// Earlier releases gave the first login its rights by itself.
pub(super) const OF_A_LOGIN: Rights =
    Rights { tables: &["REVOKE ALL ON TABLE %6$s FROM %1$I"], sequences: &[], later: NOT_LATER };

/// What was said of tables yet to be made is taken back.
pub(super) const NOT_LATER: &[&str] = &[
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM %1$I",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM %1$I",
];

/// Whoever has one of these is not held by row-level security for long.
pub(super) const TOO_MUCH: &str = "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication \
                                   FROM pg_roles WHERE rolname = $1";

/// Nor is a member of whoever makes roles, or owns the tables.
pub(super) const TOO_CLOSE: &str = "SELECT pg_has_role(who.oid, current_user, 'MEMBER') OR EXISTS ( \
     SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace \
     AND relname = '_sqlx_migrations' AND pg_has_role(who.oid, relowner, 'MEMBER')) \
     FROM pg_roles AS who WHERE rolname = $1";

/// Who owns the tables, unless that is whoever asks.
pub(super) const OTHER_OWNER: &str = "SELECT rolname::text FROM pg_class JOIN pg_roles AS who ON who.oid = relowner \
     WHERE relnamespace = 'public'::regnamespace AND relname = '_sqlx_migrations' \
     AND rolname <> current_user";

/// The tables of these names that `$2` does not own.
pub(super) const NOT_OWNED: &str = "SELECT relname::text FROM pg_class JOIN pg_roles AS who ON who.oid = relowner \
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
     AND relname = ANY ($1) AND rolname <> $2 ORDER BY relname";

/// The same of functions.
pub(super) const FUNCTIONS_NOT_OWNED: &str = "SELECT proname::text FROM pg_proc JOIN pg_roles AS who ON who.oid = proowner \
     WHERE pronamespace = 'public'::regnamespace \
     AND proname = ANY ($1) AND rolname <> $2 ORDER BY proname";

pub(super) const IS_SUPERUSER: &str = "SELECT rolsuper FROM pg_roles WHERE rolname = current_user";
pub(super) const MAY_CREATE: &str = "SELECT has_schema_privilege($1::name, 'public', 'CREATE')";
pub(super) const REVOKES: [&str; 2] =
    ["REVOKE CREATE ON SCHEMA public FROM %1$I", "REVOKE CREATE ON SCHEMA public FROM PUBLIC"];

/// Nothing but its name is left of a login: the next turn gives it another password.
pub(super) const LOCK_LOGIN: &str = "ALTER ROLE %1$I NOLOGIN PASSWORD NULL";
pub(super) const MAY_LOG_IN: &str = "SELECT rolcanlogin FROM pg_roles WHERE rolname = $1";
/// Of this database only: a role is the whole server's, but these two are one object's.
pub(super) const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity \
                                   WHERE usename = $1 AND datname = current_database()";
