-- A re-sync forgets what the app was sent.   $1 app, $2 repository
DELETE FROM deliveries WHERE app_id = $1 AND repository_id = $2
