-- What the database keeps texts in.
SELECT current_database(), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()
