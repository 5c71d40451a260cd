-- True once the app is gone, with its links and all that it was sent.   $1 app
SELECT remove_app_step($1, 10000)
