#!/bin/sh
# Runs once, on an empty database: the role that the stages connect as. It owns nothing; `migrate` gives it its rights.
set -eu
psql --set ON_ERROR_STOP=1 --set password="$STAGES_PASSWORD" --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<'SQL'
create role tiktoksales_stages login nosuperuser nobypassrls nocreatedb nocreaterole password :'password';
SQL
