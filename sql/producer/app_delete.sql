-- Links, deliveries and intents go with it.   $1 app
DELETE FROM apps WHERE app_id = $1
