-- Only a settle as synced removes what other attempts announced: each of those paths has been sent.   $1 app, $2 repository
DELETE FROM delivery_intents WHERE app_id = $1 AND repository_id = $2
