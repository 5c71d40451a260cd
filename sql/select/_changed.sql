-- Rows whose content changed since the last pass of this kind; none = all of them. What a restored database numbers ahead
-- of its own transactions was seen by that pass over all.
       content_xid >= coalesce(pass.seen, '0') AND content_xid < pg_snapshot_xmax(pg_current_snapshot())
