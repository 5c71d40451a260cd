-- settle_singles (0022, 0023) names tables of this schema: it brings the search path along, as each such function does (0018).
ALTER FUNCTION settle_singles SET search_path = reprise, public, pg_temp;
