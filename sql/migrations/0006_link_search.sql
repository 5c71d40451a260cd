-- The search for repositories by a part of their name or URL, among many: by trigrams. Where pg_trgm stands in another
-- schema its operators are named by it.
DO $$
DECLARE trigrams text;
BEGIN
    SELECT n.nspname INTO trigrams FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm';
    EXECUTE format('CREATE INDEX repositories_by_name ON repositories USING gin ((owner || ''/'' || name) %I.gin_trgm_ops)', trigrams);
    EXECUTE format('CREATE INDEX repositories_by_url ON repositories USING gin (url %I.gin_trgm_ops)', trigrams);
END $$;
