-- What the examples work on: a hundred thousand orders without a total, in a schema of their own, and the role by which the
-- statements of definitions run. It sees that schema and nothing of Reprise's.
--   psql "$REPRISE_POSTGRES_URL" -f examples/jobs/orders.sql

CREATE SCHEMA shop;
CREATE TABLE shop.orders (
    id       bigint PRIMARY KEY,
    quantity integer NOT NULL,
    price    numeric NOT NULL,
    total    numeric,
    barcode  text,
    tag      text,
    changes  integer NOT NULL DEFAULT 0    -- how often an example changed the row: once each
);
INSERT INTO shop.orders (id, quantity, price) SELECT n, n % 7 + 1, n % 100 + 0.99 FROM generate_series(1, 100000) AS n;

CREATE ROLE reprise_jobs NOLOGIN;
GRANT reprise_jobs TO CURRENT_USER;
GRANT USAGE ON SCHEMA shop TO reprise_jobs;
GRANT SELECT, UPDATE ON shop.orders TO reprise_jobs;
