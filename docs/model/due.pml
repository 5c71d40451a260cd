/*
 * Due retries: one job that has failed once, three workers, a lone process for suspects, and whoever looks for orphans. It
 * follows docs/protocol.md, "Loaded as due". Nothing here becomes due by time: the job's timeout, the last resort, is left
 * out, so a retry that is lost is lost for ever, and Judge finds it.
 *
 * One atomic{} is one statement at PostgreSQL or one script at Redis. Assumed, by name: "beats come": between two looks that
 * release an orphan every worker that lives has beaten (1 s against 2.5 s). Macros in capitals switch one guard off each.
 */
#define WORKERS 3
#define NOBODY 255
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef WIPES
#define WIPES 1
#endif

byte faults = FAULTS, wipes = WIPES;

/* ---- PostgreSQL ---- */
bool open = true, due = true;         /* the promise; its run_at has come */
byte holder = NOBODY, load = 0;       /* job.worker, job.load */
byte effects = 0;

/* ---- Redis ---- */
byte queue = 1;                       /* due chunks */
byte listed[WORKERS];                 /* due chunks in the lists of workers */
byte suspects = 0, by = NOBODY;       /* a suspect chunk or its piece, in its list or in hand, and whose it was */
bool beat[WORKERS];                   /* the heartbeat is there; it says: */
byte said[WORKERS];                   /* the load in hand, 0 = none */

/* ---- what a worker itself knows ---- */
bool dead[WORKERS];
byte last[WORKERS], held[WORKERS];    /* loads counted; the one in hand, 0 = none */
bool has[WORKERS];                    /* the job, in its memory */
byte late[WORKERS];                   /* a load whose connection was cut while the server had yet to run it */
bool poisonous = false;               /* it has ended a process by a fatal signal */

/* ---- whoever looks ---- */
byte seen = NOBODY, seen_load = 0;    /* the orphan of the first look */
bool beaten[WORKERS];                 /* since then */

#define living (!dead[0] + !dead[1] + !dead[2])
#define in_hand(w, n) (!dead[w] && held[w] == n && has[w])
#define orphan (open && holder != NOBODY && !(beat[holder] && said[holder] == load))

inline set_aside(w, n) {
    if
    :: open && due -> assert(!poisonous || suspects == 0);     /* a suspect is run alone */
       holder = w; load = n; due = false
    :: else
    fi
}

proctype Worker(byte id) {
end:
    do
    :: atomic { !dead[id] && held[id] == 0 && queue > 0 && listed[id] == 0 -> queue--; listed[id]++ }
    :: atomic { !dead[id] && held[id] == 0 && listed[id] > 0 -> last[id]++; held[id] = last[id] };       /* before it is sent */
       if
       :: atomic { !dead[id] -> set_aside(id, held[id]); has[id] = (open && holder == id && load == held[id]) }
       :: atomic { !dead[id] && faults > 0 -> faults--; set_aside(id, held[id]); held[id] = 0; goto again }  /* its answer is lost */
       :: atomic { !dead[id] && faults > 0 && late[id] == 0 -> faults--; late[id] = held[id]; held[id] = 0; goto again }
       :: dead[id] -> goto again
       fi;
       if
       :: atomic { !dead[id] && has[id] -> if :: open -> open = false; effects++; due = false; holder = NOBODY :: else fi }
#ifdef POISON
       :: atomic { !dead[id] && has[id] && living > 1 -> poisonous = true; dead[id] = true; has[id] = false; held[id] = 0;
                   if :: listed[id] > 0 -> listed[id]--; suspects++; by = id :: else fi; beat[id] = false }   /* its supervisor saw it */
#endif
       :: !dead[id] && !has[id]
       :: dead[id] -> goto again
       fi;
       atomic { if :: !dead[id] -> has[id] = false; held[id] = 0; if :: listed[id] > 0 -> listed[id]-- :: else fi :: else fi };
again: skip
    :: atomic { late[id] > 0 -> set_aside(id, late[id]); late[id] = 0 }          /* the server runs what was cut off */
    :: atomic { !dead[id] && (!beat[id] || said[id] != held[id] || !beaten[id]) -> beat[id] = true; said[id] = held[id]; beaten[id] = true }
    od
}

/* Takes suspects, one at a time, whatever the job's time; here it settles it as failed. */
proctype Alone() {
end:
    do
    :: atomic { suspects > 0 -> if :: open -> open = false; effects++; due = false; holder = NOBODY :: else fi; suspects--;
                if :: suspects == 0 -> by = NOBODY :: else fi }
    od
}

#ifdef ONE_LOOK
#define all_beat true
#else
#define all_beat ((beaten[0] || dead[0]) && (beaten[1] || dead[1]) && (beaten[2] || dead[2]))
#endif
#ifdef RELEASE_SUSPECTS
#define not_suspect true
#else
#define not_suspect !(suspects > 0 && by == holder)
#endif
proctype Look() {
end:
    do
#ifndef NO_LOOK
    :: atomic { orphan && (seen != holder || seen_load != load) -> seen = holder; seen_load = load;
                beaten[0] = dead[0]; beaten[1] = dead[1]; beaten[2] = dead[2] }
    :: atomic { seen != NOBODY && !(orphan && holder == seen && load == seen_load) -> seen = NOBODY; seen_load = 0 }
    :: atomic { orphan && holder == seen && load == seen_load && all_beat && not_suspect ->
                assert(!in_hand(holder, load));
                   holder = NOBODY; load = 0; due = true; queue++; seen = NOBODY; seen_load = 0 }
#endif
    :: atomic { open && due && queue == 0 && listed[0] + listed[1] + listed[2] == 0 -> queue++ }   /* the sweep moves the entry */
    od
}

proctype Chaos() {
    byte id;
end:
    do
    :: atomic { faults > 0 && living > 1 -> faults--; if :: id = 0 :: id = 1 :: id = 2 fi;
                if :: !dead[id] -> dead[id] = true; has[id] = false; held[id] = 0 :: else fi; id = 0 }
    :: atomic { dead[0] && (beat[0] || listed[0] > 0) -> beat[0] = false; queue = queue + listed[0]; listed[0] = 0 }   /* reaped */
    :: atomic { dead[1] && (beat[1] || listed[1] > 0) -> beat[1] = false; queue = queue + listed[1]; listed[1] = 0 }
    :: atomic { dead[2] && (beat[2] || listed[2] > 0) -> beat[2] = false; queue = queue + listed[2]; listed[2] = 0 }
    :: atomic { wipes > 0 -> wipes--; queue = 0; listed[0] = 0; listed[1] = 0; listed[2] = 0; beat[0] = false; beat[1] = false;
                beat[2] = false; suspects = 0; by = NOBODY; poisonous = false }    /* FLUSHALL: a suspect is a job again */
    od
}

proctype Judge() {
    timeout -> assert(!open && effects == 1)                     /* I5, and exactly once */
}

init {
    atomic { run Worker(0); run Worker(1); run Worker(2); run Alone(); run Look(); run Chaos(); run Judge() }
}
