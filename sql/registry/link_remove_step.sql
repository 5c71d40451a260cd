-- True once the link is gone, with all that the app was sent of it.   $1 app, $2 repository
SELECT remove_link_step($1, $2, 10000) < 10000
