umask 077
# In a file of its own, so that it is in no command line and no environment.
printf '*:*:*:*:%s\n' "$(cat /etc/todochat/admin/password)" >"$PGPASSFILE"
cd /backup
rm -f -- *.partial
name=todochat-$(date -u +%Y%m%dT%H%M%SZ).dump
pg_dump --format=custom --no-password --file="$name.partial"
pg_restore --list "$name.partial" >/dev/null
mv -- "$name.partial" "$name"
# The names are in the order of time.
set -- todochat-*.dump
while [ "$#" -gt "$RETAIN" ]; do
  rm -f -- "$1"
  shift
done
