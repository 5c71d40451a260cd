-- :links: links of :apps: apps, by Zipf's law: the first has a sixth of them, most have few. Nine in ten are synced, one in twenty
-- has failed, the others were never sent.
SELECT setseed(0.5);
INSERT INTO apps (app_id, app_name, base_url, client_auth_key_encrypted, description)
SELECT 'app_' || lpad(to_hex(i), 24, '0'), 'App ' || i, 'http://127.0.0.1:9/' || i, 'sealed', 'One of many'
  FROM generate_series(1, :apps:) i;
INSERT INTO repositories (repository_id, url, owner, name)
SELECT 'repo_' || lpad(to_hex(i), 24, '0'), 'https://example.org/team' || i % 900 || '/service-' || i, 'team' || i % 900, 'service-' || i
  FROM generate_series(1, :links: / 5) i;
INSERT INTO app_repositories (app_id, repository_id, result, retry_count, last_error, last_scanned_at, files, bytes)
SELECT 'app_' || lpad(to_hex(l.a), 24, '0'), 'repo_' || lpad(to_hex(l.r), 24, '0'), l.result, CASE WHEN l.result = 'failed' THEN 3 ELSE 0 END,
       CASE WHEN l.result = 'failed' THEN 'POST /create: 503 from the app, after 3 tries, file src/part' || l.r % 70 || '.c' END,
       CASE WHEN l.result <> 'never' THEN now() - random() * interval '3 days' END, 120, 400000
  FROM (SELECT a, r, CASE WHEN luck < 0.90 THEN 'synced' WHEN luck < 0.95 THEN 'failed' ELSE 'never' END AS result
          FROM (SELECT a, r, random() AS luck
                  FROM generate_series(1, :apps:) a,
                       generate_series(1, greatest(1, (:links: / (a * (ln(:apps:) + 0.58)))::int)) r) dice) l;
SELECT link_fold(1000000);
ANALYZE apps;
ANALYZE repositories;
ANALYZE app_repositories
