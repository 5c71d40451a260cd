/* The handlers of the routes, by group: one file each. */
#ifndef REPRISE_DASHBOARD_RUN_H
#define REPRISE_DASHBOARD_RUN_H

#include "dashboard/route.h"

/* run_login.c */
route_fn run_login, run_logout, run_session;
/* run_operations.c */
route_many_fn run_progress;
route_fn run_operation, run_cancel, run_pause, run_resume, run_retry_operation;
/* run_requests.c */
route_fn run_resync, run_resync_app, run_resync_all, run_snapshot, run_snapshot_app, run_snapshot_all, run_retry,
    run_retry_app, run_retry_all, run_preview, run_run, run_resync_definitions, run_archive, run_unarchive;
/* run_apps.c */
route_fn run_add_app, run_replace_key, run_remove_app, run_add_repository, run_remove_repository;
/* run_history.c */
route_fn run_resync_costs, run_sync_history;
/* run_installation.c */
route_fn run_overview, run_queue, run_events, run_health, run_ready, run_metrics, run_openapi;

#endif
