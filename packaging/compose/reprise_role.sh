#!/bin/sh
# Run once by PostgreSQL's image, in an empty volume: a role without rights beyond a database of its own. The programs log in
# as that; the superuser of the image stays for the administrator.
set -eu
psql --set ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --dbname postgres <<'EOF'
\getenv password REPRISE_POSTGRES_PASSWORD
CREATE ROLE reprise LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD :'password';
CREATE DATABASE reprise OWNER reprise ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE reprise FROM PUBLIC;
EOF
