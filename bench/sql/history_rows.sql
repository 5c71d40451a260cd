-- :count: runs of a history of two years: words by Zipf's law, statuses, templates and models of unequal frequency, costs and
-- times that are long-tailed, some unknown. Indexes and checks that cost most are made at the end, as a dump's restore does.
SELECT setseed(0.5);
DROP INDEX IF EXISTS workflow_search_trigrams;
ALTER TABLE workflow_search DROP CONSTRAINT workflow_search_id_fkey;
ALTER TABLE workflow_history DISABLE TRIGGER workflow_search_new;
INSERT INTO workflow_history (adw_id, issue_number, nl_input, workflow_template, model_used, status, start_time, end_time,
                              duration_seconds, retry_count, error_count, phase_count, input_tokens, output_tokens, cached_tokens,
                              cache_hit_tokens, cache_miss_tokens, total_tokens, cache_efficiency_percent, estimated_cost_total,
                              actual_cost_total, cost_breakdown, phase_durations, hour_of_day, day_of_week, nl_input_word_count,
                              nl_input_clarity_score, quality_score, error_message, source_digest, created_at, updated_at)
SELECT lpad(to_hex((i * 2654435761) % 4294967296), 8, '0'), CASE WHEN i % 7 > 0 THEN i % 5000 END, t.nl_input, r.template, r.model,
       r.status, r.start_time, CASE WHEN r.is_over THEN r.start_time + r.seconds * interval '1 second' END,
       CASE WHEN r.is_over THEN r.seconds END, CASE WHEN r.is_over THEN (r.luck * 100)::int % 4 END, 0, 3, r.tokens / 50, r.tokens / 20,
       r.tokens / 10, r.tokens * 8 / 10, r.tokens / 50, r.tokens, CASE WHEN r.tokens > 0 THEN 60 + 40 * r.luck END,
       round((r.cost * (0.5 + r.luck))::numeric, 9), round(r.cost::numeric, 9),
       jsonb_build_object('actual_total', round(r.cost::numeric, 9), 'by_phase', jsonb_build_object('plan', r.cost * 0.3, 'build', r.cost * 0.7)),
       jsonb_build_object('plan', r.seconds * 0.3, 'build', r.seconds * 0.6),
       coalesce(extract(hour FROM r.start_time), -1), coalesce(extract(isodow FROM r.start_time) - 1, -1), r.words, 50 + 40 * r.luck,
       90 * r.luck, CASE WHEN r.status = 'failed' THEN 'timeout of the build' END, '\x00', r.created_at, r.created_at + interval '1 hour'
  FROM (SELECT i, luck, words, created_at,
               CASE WHEN status_luck < 0.80 THEN 'completed' WHEN status_luck < 0.97 THEN 'failed' WHEN status_luck < 0.99 THEN 'running'
                    ELSE 'pending' END AS status,
               status_luck < 0.97 AS is_over,
               CASE WHEN status_luck < 0.99 THEN created_at - luck * interval '3 hours' END AS start_time,
               (ARRAY['adw_plan_build', 'adw_sdlc', 'adw_patch', 'adw_review', 'adw_document', 'adw_ship'])[1 + floor(6 * luck ^ 3)::int]
                   || CASE WHEN i % 10000 = 0 THEN '_rare' ELSE '' END AS template,
               (ARRAY['claude-sonnet-4-5', 'claude-haiku-4-5', 'claude-opus-4-5'])[1 + floor(3 * (1 - luck) ^ 2)::int] AS model,
               30 + 3000 * luck ^ 4 AS seconds, CASE WHEN status_luck < 0.98 THEN (20000 + 3000000 * luck ^ 3)::bigint END AS tokens,
               CASE WHEN status_luck < 0.98 THEN 0.05 + 8 * luck ^ 3 * status_luck END AS cost
          FROM (SELECT i, random() AS luck, random() AS status_luck, (5 + 25 * random() ^ 2)::int AS words,
                       now() - interval '730 days' + (i - 500 * random()) * interval '730 days' / :count: AS created_at
                  FROM generate_series(1, :count:) i) dice) r
 CROSS JOIN LATERAL (SELECT string_agg(CASE WHEN k <= 40
                                             THEN split_part('the,add,fix,to,and,in,for,test,page,user,api,build,update,with,make,on,of,'
                                                  || 'error,button,list,check,run,backend,frontend,database,cost,history,token,phase,'
                                                  || 'plan,review,deploy,login,query,cache,worker,queue,chart,filter,sort', ',', k)
                                             ELSE translate(to_hex(k * 7919 + 4096), '0123456789', 'ghijklmnop') END, ' ') AS nl_input
                       FROM (SELECT 1 + floor(5000 * random() ^ 4)::int AS k FROM generate_series(1, r.words + 0 * r.i)) words) t;
INSERT INTO workflow_search (id, nl_input) SELECT id, lower(nl_input) FROM workflow_history WHERE nl_input IS NOT NULL;
ALTER TABLE workflow_history ENABLE TRIGGER workflow_search_new;
SET maintenance_work_mem = '512MB';
ALTER TABLE workflow_search ADD CONSTRAINT workflow_search_id_fkey FOREIGN KEY (id) REFERENCES workflow_history ON DELETE CASCADE;
CREATE INDEX workflow_search_trigrams ON workflow_search USING gin (nl_input gin_trgm_ops);
VACUUM (ANALYZE) workflow_history, workflow_search;
