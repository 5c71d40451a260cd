-- Whether new operations may begin with this version.   $1 row, $2 digest
SELECT EXISTS (SELECT 1 FROM workflow_definitions
                WHERE id = $1 AND current_version = $2 AND status = 'active' AND file_exists)
