-- The link is there still, and stays until the transaction ends; else RP404.   $1 app, $2 repository, $3 incarnation
SELECT share_link($1, $2, $3)
