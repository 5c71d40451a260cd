-- Nothing, if the repository has been removed.   $1 repository, $2 commit, $3 tree, $4 branch
INSERT INTO repository_snapshots AS s (repository_id, commit_sha, tree_id, branch)
SELECT repository_id, $2, $3, $4 FROM repositories WHERE repository_id = $1 FOR KEY SHARE
    ON CONFLICT (repository_id) DO UPDATE
   SET commit_sha = excluded.commit_sha, tree_id = excluded.tree_id, branch = excluded.branch, scanned_at = now()
