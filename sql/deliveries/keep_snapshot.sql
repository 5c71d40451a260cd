-- $1 repository, $2 commit, $3 tree, $4 branch
INSERT INTO repository_snapshots AS s (repository_id, commit_sha, tree_id, branch) VALUES ($1, $2, $3, $4)
    ON CONFLICT (repository_id) DO UPDATE
   SET commit_sha = excluded.commit_sha, tree_id = excluded.tree_id, branch = excluded.branch, scanned_at = now()
