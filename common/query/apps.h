/* Client apps, and links: which app watches which repository, and how that is. */
#ifndef REPRISE_QUERY_APPS_H
#define REPRISE_QUERY_APPS_H

#include "common/query/query_result.h"

/* ---- links ------------------------------------------------------------------------------------------------------- */

/* Links: which app watches which repository, and how that is. */

/* {repositories, next}, by app and repository. Filters: app_id, status, search (a part of owner/name or of the URL).
 * Each row shows the word that is derived for it. The filter takes `synced` and `failed` as they are stored, so a row
 * may show that work on it is open; `pending_snapshot` takes what was never sent and what has an open job; `scanning`
 * what a worker works on. */
query_fn links_list;

/* {failed: [{app_id, app_name, repository_id, repository, url, error, retry_count, failed_at}, …], next}. Filter:
 * app_id. */
query_fn links_failed;

/* ---- apps -------------------------------------------------------------------------------------------------------- */

/* Client apps. */

/* {apps, next}, by name. Each with the number of its repositories and of those that failed, which are exact. */
query_fn apps_list;

/* The app of app_id with a page of its repositories, as links_list gives them: {app_id, app_name, …,
 * repositories_count, repositories: […], next}. Filters: status, search. ERR_NOT_FOUND. */
query_fn apps_one;

#endif
