/*
 * From what the files of a run say to its facts. Fed in this order: begin, at most one of state and summary, each agent
 * with a stream, end. No I/O: worker/run/history_files.h reads.
 */
#ifndef REPRISE_HISTORY_RUN_ASSEMBLE_H
#define REPRISE_HISTORY_RUN_ASSEMBLE_H

#include "common/history/prices.h"
#include "common/history/result_line.h"
#include "common/history/run_facts.h"
#include "common/history/state_file.h"

struct run_assembly {
    struct run_facts *facts;
    const struct prices *prices;
    enum run_status written;
    int64_t estimated_steps;
    size_t lines; /* result lines seen */
    bool tokens_are_partial;
};

/* One agent's directory and what one process in its stream ended with. */
struct run_agent {
    const char *directory;                 /* its name */
    bool is_again;                         /* another process of the same stream was fed before */
    const struct result_line *line;        /* NULL: no result line yet, it is still running */
    const struct json_slice *stream_model; /* see result_cost_needs_model; may be NULL */
};

/* What only the directory tells. */
struct run_signs {
    int64_t error_log_us; /* mtime of error.log; RUN_UNKNOWN: there is none */
    size_t adw_directories;
};

/* `facts` is initialised and empty; the assembly borrows it and the prices. */
void run_assemble_begin(struct run_assembly *assembly, struct run_facts *facts, const struct prices *prices,
                        const char *adw_id);
/* The state file, or the summary in its place. Texts are moved out of `state`. */
void run_assemble_state(struct run_assembly *assembly, struct state_file *state);
void run_assemble_agent(struct run_assembly *assembly, const struct run_agent *agent);
void run_assemble_end(struct run_assembly *assembly, const struct run_signs *signs);

#endif
