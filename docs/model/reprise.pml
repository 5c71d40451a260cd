/*
 * One operation of two phases, two workers, both stores, and everything that may go wrong between them. It follows
 * docs/design.md and docs/protocol.md; the invariants I1 to I9 are those of docs/invariants.md. check.sh runs it.
 *
 * One atomic{} is one transaction step at PostgreSQL or one command or script at Redis. Between two of them any
 * process may stand still for as long as it likes: that is how a frozen worker is modelled. Crashes, killed
 * transactions, lost replies and the like are drawn from one budget, FAULTS, in any mix and at any point.
 * A chunk is one job, so chunk number and job number are the same.
 * Macros in capitals behind #ifdef switch one guard off each: check.sh proves that every one of them is needed.
 */
#ifndef N0
#define N0 2            /* jobs of the first phase, planned when the operation starts */
#endif
#ifndef N1
#define N1 1            /* jobs of the second phase, planned one by one */
#endif
#ifndef WINDOW
#define WINDOW 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif
#ifndef PLANNERS
#define PLANNERS 1      /* processes that advance and plan: the sweep of each host */
#endif
#ifndef REBUILDERS
#define REBUILDERS 1
#endif
#define N (N0 + N1)
#define WORKERS 2
#define SLOTS 8
#define MAXGEN 12
#define NONE 255

mtype = { RUNNING, PAUSED, COMPLETED, CANCELLED };
#define LIVE (state == RUNNING || state == PAUSED)

byte faults = FAULTS;
#ifdef WIPES
byte wipes = WIPES;       /* how many of the faults may be wipes or rollbacks */
#endif

/* ---- PostgreSQL ------------------------------------------------------------------------------------------- */
mtype state = RUNNING;                       /* the tally */
byte phase = 0, total = N0, succeeded = 0, cancelled_jobs = 0, generation = 1, version = 1;
bool planned = true;
bool job[N];                                 /* the promise is open */
byte outcomes[N], effects[N];
byte lock[N] = NONE;                         /* which worker's transaction has deleted this row, not yet committed */
bool in_tx[WORKERS];                         /* the first message of a settle has been answered, its transaction lives */
bool share[WORKERS + PLANNERS];              /* FOR KEY SHARE on the tally: checkpoints of workers, steps of planners */
bool cancel_returned = false;
byte epoch = 1;                              /* store_state.epoch */
byte rebuild_lock = NONE;                    /* pg_advisory_xact_lock: its holder */

/* ---- Redis ------------------------------------------------------------------------------------------------- */
chan queue = [SLOTS] of { byte, byte };      /* (generation, chunk) */
chan held[WORKERS] = [SLOTS] of { byte, byte };  /* the active list of each worker */
bool member[WORKERS] = true;                 /* the set `workers` */
bool hash = false;                           /* the operation's hash: */
mtype hstate = RUNNING;
byte hgen = 0, next = 0, last = 0, out = 0, hdone = 0, hversion = 0;
byte repoch = 1;                             /* {reprise}:epoch; 0 = missing */

/* ---- what a worker itself knows ----------------------------------------------------------------------------- */
byte kgen[WORKERS] = NONE, kchunk[WORKERS] = NONE;
bool dead[WORKERS];

/* ---- for the assertions only --------------------------------------------------------------------------------- */
byte count[MAXGEN];                          /* entries of each generation in the queue and the active lists */
byte opens = 0;                              /* how often a window was opened since the lists were last emptied */
bool lost = false;                           /* the lists were emptied and the operation not opened since */

/* I1, I2, I3: after every commit. */
inline check() {
    d_step {
        k = 0; sum = 0;
        do
        :: k < N ->
           assert(effects[k] == outcomes[k] && outcomes[k] <= 1);                             /* I3, exactly once */
           assert(!(job[k] && outcomes[k] > 0));                                              /* I1, never both */
           assert(!(k < total && state != CANCELLED && !job[k] && outcomes[k] == 0));         /* I1, never neither */
           if :: job[k] -> sum++ :: else fi;
           k++
        :: else -> break
        od;
        assert(succeeded + cancelled_jobs + sum == total);                                    /* I2 */
        k = 0; sum = 0
    }
}
byte k = 0, sum = 0;                         /* scratch, always 0 between steps */

/* I4: nothing of the operation commits once cancel has returned. */
#define NOT_AFTER_CANCEL assert(!cancel_returned)

/* ---- scripts of Redis ----------------------------------------------------------------------------------------- */
inline push(pg, pc) {
    assert(nfull(queue));
    queue!pg, pc;
    count[pg]++;
    assert(count[hgen] <= WINDOW)                                                             /* I9, the window */
}
inline feed() {
    do
    :: out < WINDOW && next < last && hstate == RUNNING -> push(hgen, next); next++; out++
    :: else -> break
    od
}
/* A generation that is not newer is a no-op. State and counts move forward only, as in mirror. */
inline open_script(og, low, olast, over, odone) {
    if
    :: !hash -> hash = true; hstate = RUNNING; hversion = over; hdone = odone; hgen = 0
    :: else
    fi;
    if
#ifdef RESUME_SAME_GENERATION
    :: og >= hgen ->
#else
    :: og > hgen ->
#endif
       hgen = og; next = low; last = olast; out = 0; opens++; lost = false;
#ifdef OPEN_WITHOUT_VERSION
       assert(over >= hversion);                                                              /* I7, not backwards */
#endif
       if :: over >= hversion -> hversion = over; hstate = RUNNING :: else fi;
       if :: odone > hdone -> hdone = odone :: else fi;
       feed()
    :: else
    fi;
    assert(hdone <= succeeded);                                                               /* I7, not ahead */
    assert(len(queue) + len(held[0]) + len(held[1]) <= opens * WINDOW)                        /* I9 */
}
inline mirror_script(ms, mver, mdone) {
#ifdef MIRROR_WITHOUT_VERSION
    if
    :: hash -> assert(mver >= hversion); hstate = ms; hversion = mver                         /* I7, not backwards */
    :: else
    fi;
#else
    if :: hash && mver > hversion -> hstate = ms; hversion = mver :: else fi;
#endif
    if :: hash && mdone > hdone -> hdone = mdone :: else fi
}
/* Only a finish that really removed a chunk of the current generation lowers `out` and feeds the window. */
inline finish_script(id, fdone) {
    if
    :: held[id]??[eval(kgen[id]), eval(kchunk[id])] ->
       held[id]??eval(kgen[id]), eval(kchunk[id]);
       count[kgen[id]]--;
#ifdef NO_GENERATION_CHECK
       if :: hash && out > 0 -> out--; feed() :: else fi
#else
       if :: hash && kgen[id] == hgen -> out--; feed() :: else fi
#endif
    :: else ->
#ifdef FED_BY_EVERY_FINISH
       if :: hash && kgen[id] == hgen && out > 0 -> out--; feed() :: else fi
#else
       skip
#endif
    fi;
#ifdef PROGRESS_NOT_FORWARD_ONLY
    if :: hash && fdone > 0 -> assert(fdone >= hdone); hdone = fdone :: else fi;              /* I7, not backwards */
#else
    if :: hash && fdone > hdone -> hdone = fdone :: else fi;
#endif
    assert(hdone <= succeeded)                                                                /* I7, not ahead */
}
inline give_back(id) {                       /* reap: all of a worker's list to the queue (the model does not keep its order) */
    do
    :: held[id]?bg, bc -> queue!bg, bc
    :: empty(held[id]) -> break
    od;
    bg = 0; bc = 0
}
inline empty_lists() {
    do :: queue?_, _ :: empty(queue) -> break od;
    do :: held[0]?_, _ :: empty(held[0]) -> break od;
    do :: held[1]?_, _ :: empty(held[1]) -> break od;
    k = 0;
    do :: k < MAXGEN -> count[k] = 0; k++ :: else -> break od;
    k = 0; opens = 0;
    if :: hash || state == RUNNING -> lost = true :: else fi
}

/* ---- transactions ---------------------------------------------------------------------------------------------- */
inline rollback(id) {                        /* the server ends a worker's transaction */
    k = 0;
    do
    :: k < N -> if :: lock[k] == id -> lock[k] = NONE :: else fi; k++
    :: else -> break
    od;
    k = 0; in_tx[id] = false; share[id] = false
}
inline advance() {                           /* under the tally's lock, so one step */
    if
#ifdef ADVANCE_WITHOUT_PLANNED
    :: state == RUNNING && succeeded == total ->
#else
#ifdef ADVANCE_WITHOUT_STATE
    :: planned && succeeded + cancelled_jobs == total && state != COMPLETED ->
#else
    :: state == RUNNING && planned && succeeded == total ->
#endif
#endif
       NOT_AFTER_CANCEL;
       version++;
       if
       :: phase == 0 && N1 > 0 -> phase = 1; planned = false
       :: else -> state = COMPLETED; assert(succeeded == N)          /* nothing of any phase is left out */
       fi
    :: else
    fi
}
inline lowest(l) {                           /* the lowest open job */
    l = 0;
    do
    :: l < total && !job[l] -> l++
    :: else -> break
    od
}

/*
 * A worker: take, look at the hash, perhaps a checkpoint, settle in two messages, advance, finish.
 * kgen and kchunk are what it believes to hold; held[id] is what Redis says.
 */
proctype Worker(byte id) {
    byte c, done;
    bool mine;
idle:
    {
        atomic {
            queue?kgen[id], kchunk[id];      /* BLMOVE, or the script take */
            held[id]!kgen[id], kchunk[id];
            c = kchunk[id];
            if
            :: faults > 0 -> faults--; kgen[id] = NONE; kchunk[id] = NONE; c = 0; goto idle   /* it happened, but the client had given up */
#ifndef NO_GENERATION_CHECK
            :: hash && kgen[id] < hgen -> goto finish
#endif
            :: hash && kgen[id] == hgen && hstate != RUNNING -> goto finish
#ifdef NO_GENERATION_CHECK
            :: hash && kgen[id] < hgen -> skip
#endif
            :: !hash || kgen[id] >= hgen -> skip
            fi
        };
#ifdef CHECKPOINTS
        if
        :: atomic {
               if :: LIVE -> share[id] = true :: else -> goto finish fi        /* SELECT … FOR KEY SHARE */
           };
           atomic {
               if :: share[id] -> NOT_AFTER_CANCEL; share[id] = false :: else fi   /* COMMIT, unless it was ended */
           }
        :: skip
        fi;
#endif
settle:
        atomic {                             /* first message: BEGIN, DELETE … RETURNING; waits for a lock on the row */
            lock[c] == NONE;
            if :: job[c] -> lock[c] = id; mine = true :: else -> mine = false fi;
#ifdef NO_DELETE_FENCE
            mine = true; lock[c] = NONE;
#endif
            in_tx[id] = true
        };
        atomic {                             /* second message: outcomes, effects, UPDATE tally, COMMIT */
            if
            :: !in_tx[id] ->
#ifdef SECOND_MESSAGE_ON_NEW_CONNECTION
               skip
#else
               mine = false; goto settle     /* ended by the idle limit: all of it again */
#endif
            :: else
            fi;
            rollback(id);
            if
#ifdef TALLY_NOT_FENCED
            :: true ->
#else
            :: LIVE ->
#endif
               if
               :: mine -> NOT_AFTER_CANCEL; job[c] = false; outcomes[c]++; effects[c]++; succeeded++
               :: else
               fi;
               check();
               done = succeeded; mine = false
            :: else -> mine = false; goto finish                               /* RP001: all undone */
            fi;
            if
            :: faults > 0 -> faults--; done = 0; goto settle                   /* committed, but the answer was lost */
            :: true
            fi
        };
        atomic { advance(); check() };
finish:
        atomic {
            finish_script(id, done);
            kgen[id] = NONE; kchunk[id] = NONE; c = 0; done = 0
        };
        goto idle
    } unless { dead[id] };
    atomic {                                 /* a new process in its place, once the old one's list has been reaped */
        dead[id] && empty(held[id]) && member[id];
        dead[id] = false; c = 0; done = 0; mine = false
    };
    goto idle
}

/* More is listed than the one chunk that is known to be there. */
#define unknown(id) (len(held[id]) > 1 || !(held[id]??[eval(kgen[id]), eval(kchunk[id])]))
inline return_unknown(id) {
    held[id]?bg, bc;
    if
    :: bg == kgen[id] && bc == kchunk[id] -> held[id]!bg, bc; held[id]?bg, bc
    :: else
    fi;
    queue!bg, bc; bg = 0; bc = 0
}

/* The duties of every worker towards Redis: reap the dead, and hand back what a worker finds in its list but does not hold. */
proctype Housekeeping() {
    byte bg, bc;
end:
    do
#ifndef NO_REAP
    :: atomic { dead[0] && member[0] && nempty(held[0]) -> give_back(0) }
    :: atomic { dead[1] && member[1] && nempty(held[1]) -> give_back(1) }
#endif
#ifndef NO_BEAT_RETURN
    :: atomic { !dead[0] && held[0]?[bg, bc] && unknown(0) -> return_unknown(0) }
    :: atomic { !dead[1] && held[1]?[bg, bc] && unknown(1) -> return_unknown(1) }
#endif
#ifdef WIPES
    :: atomic { repoch == epoch && lost && state == RUNNING -> assert(false) }   /* promise 4: an epoch that matches vouches for the content */
#endif
#ifdef REAP_FORGETS
    :: atomic { !dead[0] && !member[0] -> member[0] = true }         /* the next beat enters it again */
    :: atomic { !dead[1] && !member[1] -> member[1] = true }
#endif
    od
}
/* What strikes from outside. */
proctype Chaos() {
    byte bg, bc, id;
end:
    do
    :: atomic {
           faults > 0 -> faults--;
           if :: id = 0 :: id = 1 fi;
           if                                    /* a fault may also fizzle out */
           :: true
           :: !dead[id] -> assert(member[id] || empty(held[id]));                /* I6: else that list would never be looked at again */
              rollback(id); kgen[id] = NONE; kchunk[id] = NONE; dead[id] = true      /* kill -9 */
           :: !dead[id] && (in_tx[id] || share[id]) -> rollback(id)              /* frozen: idle limit, deadlock, broken connection */
           :: !dead[id] && nempty(held[id]) -> give_back(id);                    /* frozen: reaped alive */
#ifdef REAP_FORGETS
              member[id] = false
#endif
#ifdef WIPES
           :: wipes > 0 -> wipes--; empty_lists(); hash = false; hdone = 0; hversion = 0; hgen = 0; repoch = 0; out = 0; next = 0; last = 0      /* FLUSHALL */
           :: wipes > 0 -> wipes--; empty_lists(); hash = true; hgen = 1; out = 0; next = 0; last = N0; opens = 1;      /* restored as it was just after the start: */
              hstate = RUNNING; hversion = 1; hdone = 0; feed(); repoch = 2                       /* 2 = beats went backwards */
#endif
           fi;
           id = 0
       }
    od
}

/* The sweep, and the worker that settled last: advance, plan in steps. Two of them may do it at once. */
proctype Planner(byte me) {
    byte cursor;
    bool killed;
end:
    do
    :: atomic { state == RUNNING && planned && succeeded == total -> advance(); check() }
    :: atomic { state == RUNNING && !planned -> share[WORKERS + me] = true; cursor = total };      /* KEY SHARE; the plan cursor is the total here */
       atomic {
           share[WORKERS + me] = false;
           if
#ifdef PLAN_WITHOUT_CURSOR
           :: cursor < N && !job[cursor] ->
#else
           :: cursor == total && !planned ->                         /* WHERE plan_cursor IS NOT DISTINCT FROM $old, else RP001 */
#endif
              NOT_AFTER_CANCEL;
              job[cursor] = true; total++; planned = (total == N); check()
           :: faults > 0 -> faults--                                 /* died before COMMIT */
           :: else
           fi;
           cursor = 0
       }
    od
}

/* The sweep towards Redis: mirror, top up, and I5: a running operation without a chunk of its generation is opened again. */
proctype Sweep() {
    mtype s;
    byte v, d, g, l, t, i;
end:
    do
    :: atomic { hash && (hversion < version || hdone < succeeded) -> s = state; v = version; d = succeeded };
       atomic { mirror_script(s, v, d); s = 0; v = 0; d = 0 }
    :: atomic { hash && hgen == generation && state == RUNNING && hstate == RUNNING && (last < total || (out < WINDOW && next < last)) ->
                if :: last < total -> last = total :: else fi; feed() }
#ifndef NO_SWEEP_REPAIR
    :: atomic {
           state == RUNNING && succeeded < total && (!hash || hgen < generation || (hstate == RUNNING && count[hgen] < out)
                || (hstate == RUNNING && count[hgen] == 0 && next >= last && last == total)) ->
           if                                    /* a missing or older hash needs no new generation */
           :: hash && hgen == generation -> assert(generation + 1 < MAXGEN); generation++
           :: else
           fi;
           g = generation; v = version; d = succeeded; t = total; lowest(l)
       };
       atomic { open_script(g, l, t, v, d); g = 0; v = 0; d = 0; l = 0; t = 0 }
#endif
    od
}

/* A person pauses and resumes; the program may die between PostgreSQL and Redis. */
proctype Operator() {
    byte g, v, d, l, t;
    atomic { state == RUNNING -> state = PAUSED; version++; v = version; d = succeeded };
    atomic { mirror_script(PAUSED, v, d); v = 0; d = 0 };
    atomic {
        if
        :: state == PAUSED ->
           state = RUNNING; version++; v = version; d = succeeded; t = total; lowest(l);
#ifndef RESUME_SAME_GENERATION
           generation++;
#endif
           g = generation
        :: else -> goto end
        fi
    };
    atomic {
        if
        :: faults > 0 -> faults--
        :: true -> open_script(g, l, t, v, d)
        fi;
        g = 0; v = 0; d = 0; l = 0; t = 0
    };
end: skip
}

/* A person cancels: flip by a plain UPDATE, drain, return; then the open jobs go in steps. */
proctype Cancel() {
    byte i;
    atomic { if :: LIVE -> state = CANCELLED; version++; check() :: else -> goto end fi };
#ifndef CANCEL_WITHOUT_DRAIN
    atomic { !share[0] && !share[1] && !share[WORKERS] && !share[WORKERS + PLANNERS - 1] -> cancel_returned = true };
#else
    cancel_returned = true;
#endif
    do
    :: i < N ->
       atomic {
           if
           :: job[i] -> lock[i] == NONE; job[i] = false; cancelled_jobs++; check()
           :: else
           fi;
           i++
       }
    :: else -> break
    od;
end: skip
}

#ifdef WIPES
/*
 * Rebuild. The advisory lock is freed from a frozen holder, which goes on with what follows all the same; so the lock
 * spares work and the guards are elsewhere: the epoch found, and the generation.
 */
proctype Rebuilder(byte me) {
    byte found, g, v, d, l, t;
end:
    do
    :: atomic { repoch != epoch && rebuild_lock == NONE -> rebuild_lock = me; found = repoch;
#ifdef EPOCH_FIRST
                repoch = epoch; found = epoch
#endif
              };
       if
       :: atomic { faults > 0 -> faults--; rebuild_lock = NONE }    /* frozen: the lock is freed, and it goes on later */
       :: skip
       fi;
       atomic {
           if
           :: repoch == found ->
#ifndef REBUILD_KEEPS_LISTS
              empty_lists();
#endif
              if :: hash && out < WINDOW -> opens = 1 :: else -> opens = 0 fi;   /* an old hash may still fill its window */
              if :: state != RUNNING -> lost = false :: else fi;
#ifndef EPOCH_WITHOUT_NONCE
#ifndef EPOCH_FIRST
              repoch = 10 + me
#endif
#endif
           :: else -> goto done
           fi
       };
       atomic {
           if
           :: state == RUNNING -> assert(generation + 1 < MAXGEN);
              generation++; g = generation; v = version; d = succeeded; t = total; lowest(l)
           :: else -> lost = false
           fi
       };
       atomic { if :: g > 0 -> open_script(g, l, t, v, d) :: else fi; g = 0; v = 0; d = 0; l = 0; t = 0 };
       atomic {
#ifndef EPOCH_FIRST
#ifdef EPOCH_WITHOUT_NONCE
           repoch = epoch;
#else
           if :: repoch == 10 + me -> repoch = epoch :: else fi;
#endif
#endif
           skip
       };
done:  atomic { if :: rebuild_lock == me -> rebuild_lock = NONE :: else fi; found = 0 }
    od
}
#endif

/* When nothing can move any more: all is done, or cancelled; Redis is empty of chunks and tells the truth. */
proctype Judge() {
    timeout ->
    atomic {
        assert(state == COMPLETED || state == CANCELLED);            /* I5 */
        assert(succeeded + cancelled_jobs == total);                 /* I2, and cancelled jobs are gone */
        assert(state == CANCELLED || succeeded == N);
        assert(empty(held[0]) && empty(held[1]) && empty(queue));    /* I6 */
        assert(!hash || (hstate == state && hdone == succeeded))     /* I7, equal after the end */
    }
}

init {
    byte i;
    atomic {
        do :: i < N0 -> job[i] = true; i++ :: else -> break od;
        i = 0;
        open_script(1, 0, N0, 1, 0);
        run Worker(0); run Worker(1);
        run Housekeeping(); run Sweep(); run Chaos(); run Judge();
        do :: i < PLANNERS -> run Planner(i); i++ :: else -> break od;
        i = 0;
#ifdef PAUSE
        run Operator();
#endif
#ifdef CANCEL
        run Cancel();
#endif
#ifdef WIPES
        do :: i < REBUILDERS -> run Rebuilder(i); i++ :: else -> break od;
        i = 0;
#endif
    }
}
