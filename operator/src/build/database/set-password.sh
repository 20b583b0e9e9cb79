until pg_isready --quiet --host=127.0.0.1 --username=postgres; do sleep 1; done
psql --no-psqlrc --quiet --username=postgres --dbname=postgres --set=ON_ERROR_STOP=1 <<'SQL'
\set password `cat /etc/todochat/admin/password`
ALTER ROLE postgres PASSWORD :'password';
SQL
