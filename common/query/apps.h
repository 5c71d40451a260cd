/* Client apps. */
#ifndef REPRISE_QUERY_APPS_H
#define REPRISE_QUERY_APPS_H

#include "common/query/query_result.h"

/* {apps, next}, by name. Each with the number of its repositories and of those that failed, which are exact. */
query_fn apps_list;

/* The app of app_id with a page of its repositories, as links_list gives them: {app_id, app_name, …,
 * repositories_count, repositories: […], next}. Filters: status, search. ERR_NOT_FOUND. */
query_fn apps_one;

#endif
