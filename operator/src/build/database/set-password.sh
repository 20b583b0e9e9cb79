until pg_isready --quiet --host=127.0.0.1 --username=postgres; do sleep 1; done
psql --no-psqlrc --quiet --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 --set=database="$POSTGRES_DB" <<'SQL'
\set password `cat /etc/todochat/admin/password`
ALTER ROLE postgres PASSWORD :'password';
-- The official image takes a first start that was interrupted for one that is done.
SELECT format('CREATE DATABASE %I', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec
SQL
case $(cat "$PGDATA/pg_hba.conf") in
  *"host all all all scram-sha-256"*) ;;
  *)
    printf '\nhost all all all scram-sha-256\n' >>"$PGDATA/pg_hba.conf"
    psql --no-psqlrc --quiet --username=postgres --dbname=postgres --command='SELECT pg_reload_conf()' >/dev/null
    ;;
esac
