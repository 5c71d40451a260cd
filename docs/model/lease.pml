/*
 * Two jobs on one exclusive key (one link, of which the model looks at one path); two executors, each of which may take
 * either job, also both the same one; the lease in PostgreSQL; and a client app that receives requests over HTTP.
 * See "Leases" in docs/design.md, I8 in docs/invariants.md, and "A snapshot job" in docs/domain/deliveries.md.
 *
 * Time passes in steps of 10 s. A step waits until an executor that is not frozen has sent what it has just checked.
 * Apart from that every process may be slow: a lease is touched in time only where the run happens to touch it.
 *
 * ASSUMPTION "no late POST": no executor is frozen between the check and the send so long that the request, once sent,
 * may outlive the lease. This is the known limit that docs/invariants.md names: only the client could fence it. A run
 * in which it would happen goes on without that request. -DLATE_POST drops the assumption, and the model then fails.
 * Also assumed: a request is over when its answer, its error or its 30 s have come.
 */
#ifndef FREEZES
#define FREEZES 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef CANCELS
#define CANCELS 0
#endif
#ifndef CHANGES
#define CHANGES 2
#endif
#ifndef CLAIMS
#define CLAIMS 4
#endif
#define LEASE 5             /* 50 s: may be taken over when not touched for that long */
#define FRESH 2             /* a request starts only when the touch is younger than 20 s */
#define REQUEST 3           /* a request that has been sent is over after 30 s; a supervisor waits as long after a death */
#define NONE 9

/* ---- PostgreSQL ------------------------------------------------------------------------------------------------ */
byte owner = 0, age = 0;    /* the row of `exclusive`: whose claim (one number for job and attempt); now - touched_at */
bool released = true;
bool job[2] = true;
byte delivered = 1;         /* what the path was last recorded with */
byte intents = 0;           /* the path's rows in delivery_intents: one bit for each claim (job, attempt) */

/* ---- the world --------------------------------------------------------------------------------------------------- */
byte repo = 1;              /* the path in the repository, and at the client: 1 or 2, of which one may be "no such file" */
byte client = 1;
byte request[2] = NONE, request_age[2];                 /* on its way to the client */
byte request_claim[2];
bool answered[2];

/* ---- executors, and the supervisor of each -------------------------------------------------------------------------- */
bool gap[2], late[2], frozen[2], dead[2];               /* gap: checked, not yet sent; late: time has passed meanwhile */
byte since[2];              /* since this executor touched the lease, by its own clock */
byte claim[2], newest = 0;  /* the number of each one's claim; the latest of which a request arrived */
byte grave[2], grave_claim[2];      /* a child died holding this claim: steps until the supervisor releases it, + 1; 0 = none */
byte claims = 0, freezes = FREEZES, crashes = CRASHES, cancels = CANCELS, changes = CHANGES;

#define MINE (1 << (claim[me] - 1))
#define HOLDER (owner == claim[me] && !released)
#ifdef NO_LEASE_MATCH
#define FENCE job[j]
#else
#define FENCE (HOLDER && job[j])
#endif
#ifdef TAKEOVER_WITHOUT_WAITING
#define FREE true
#else
#define FREE (released || age >= LEASE)
#endif

proctype Executor(byte me) {
    byte j = NONE, t, seen;
idle:
    {
        atomic {                                        /* claim */
            claims < CLAIMS && FREE && (job[0] || job[1]) && request[me] == NONE;
            if :: job[0] -> j = 0 :: job[1] -> j = 1 fi;
            claims++; claim[me] = claims;
            owner = claims; released = false; age = 0; since[me] = 0
        };
        atomic {                                        /* fetch and compare; read what others have announced */
            t = repo; seen = intents;
            if
            :: t == delivered && seen == 0 -> goto settle
            :: t != delivered || seen != 0
            :: goto failed
            fi
        };
        atomic {                                        /* the first checkpoint announces */
            if
            :: FENCE -> assert(HOLDER); age = 0; since[me] = 0;                     /* I8 */
#ifndef NO_INTENTS
               intents = intents | MINE;
#endif
            :: else -> goto gone
            fi
        };
        do                                              /* the check before each request */
#ifndef NO_FRESH_TOUCH
        :: atomic { since[me] < FRESH -> gap[me] = true }; break
#else
        :: atomic { true -> gap[me] = true }; break
#endif
        :: atomic {
               since[me] > 0 ->
               if :: FENCE -> age = 0; since[me] = 0 :: else -> goto gone fi
           }
        od;
        atomic {                                        /* send; late after a freeze between check and send */
            gap[me] = false; frozen[me] = false;
#ifndef LATE_POST
            if                                          /* the assumption "no late POST" */
            :: late[me] && !(HOLDER && age + REQUEST < LEASE) -> goto failed
            :: else
            fi;
#endif
            late[me] = false;
            request[me] = t; request_age[me] = 0; request_claim[me] = claim[me]
        };
        atomic { request[me] == NONE; frozen[me] = false;
            if :: answered[me] -> answered[me] = false :: else -> goto failed fi
        };
        atomic {                                        /* the next checkpoint records what was answered */
            if
            :: FENCE -> assert(HOLDER);                                            /* I8 */
               delivered = t; age = 0; since[me] = 0;
               intents = 0                                             /* of every attempt: no older request is on its way */
            :: else -> goto gone
            fi
        };
settle: atomic {                                        /* synced */
            if
            :: FENCE -> assert(HOLDER);                                            /* I8 */
               job[j] = false; released = true; intents = 0;
#ifndef LATE_POST
               assert(client == delivered && intents == 0)
#endif
            :: else
            fi;
            goto gone
        };
failed: atomic {                                        /* tried again, or no tries left: settled as failed */
            if
            :: FENCE -> released = true
            :: FENCE -> assert(HOLDER);                                            /* I8 */
               job[j] = false; released = true;
#ifdef FAILED_SETTLE_DELETES_INTENTS
               intents = intents & ~seen;
#endif
#ifdef INTENTS_DELETED_UNREAD
               intents = intents & seen;
#endif
            :: !FENCE
            fi
        };
gone:   atomic {                                        /* taken over, cancelled or done */
            if :: HOLDER -> released = true :: else fi;
            claim[me] = 0; answered[me] = false; j = NONE; t = 0; seen = 0; since[me] = 0;
            gap[me] = false; late[me] = false; frozen[me] = false
        };
        goto idle
    } unless { dead[me] };
    atomic {                                            /* killed; its supervisor, if it lives, releases the claim later */
        if
        :: j != NONE && HOLDER ->
           grave_claim[me] = claim[me];
#ifdef RELEASED_AT_ONCE
           grave[me] = 1
#else
           grave[me] = REQUEST + 2                      /* this many steps minus 1 are surely 30 s */
#endif
        :: true
        fi;
        dead[me] = false; claim[me] = 0; answered[me] = false; j = NONE; t = 0; seen = 0; since[me] = 0;
        gap[me] = false; late[me] = false; frozen[me] = false
    };
    goto idle
}

inline arrive(x) {
#ifndef LATE_POST
    assert(request_claim[x] >= newest);                 /* no request overtakes its successor's */
#endif
    newest = request_claim[x]; client = request[x];
    request[x] = NONE; request_age[x] = 0; request_claim[x] = 0
}

inline bury(x) {
    grave[x] == 1 ->
    if
#ifdef RELEASED_WITHOUT_MATCH
    :: true -> released = true
#else
    :: owner == grave_claim[x] -> released = true
    :: else
#endif
    fi;
    grave[x] = 0; grave_claim[x] = 0
}

proctype World() {
    byte e;
end:
    do
    :: atomic {                                         /* 10 s pass */
           (!(gap[0] && !frozen[0]) && !(gap[1] && !frozen[1])
           && !(request[0] != NONE && request_age[0] >= REQUEST) && !(request[1] != NONE && request_age[1] >= REQUEST)
           && ((!released && age < LEASE) || request[0] != NONE || request[1] != NONE)) ->
           if :: age < LEASE -> age++ :: else fi;
           e = 0;
           do
           :: e < 2 ->
#ifdef CLOCK_STOPS_WHEN_FROZEN
              if :: claim[e] != 0 && since[e] < LEASE && !frozen[e] -> since[e]++ :: else fi;
#else
              if :: claim[e] != 0 && since[e] < LEASE -> since[e]++ :: else fi;
#endif
              if :: gap[e] -> late[e] = true :: else fi;
              if :: grave[e] > 1 -> grave[e]-- :: else fi;
              if :: request[e] != NONE -> request_age[e]++ :: else fi;
              e++
           :: else -> break
           od;
           e = 0
       }
    :: atomic { request[0] != NONE -> arrive(0); answered[0] = true }
    :: atomic { request[1] != NONE -> arrive(1); answered[1] = true }
    :: atomic { request[0] != NONE && changes > 0 -> changes--; arrive(0) }                           /* its answer lost */
    :: atomic { request[0] != NONE && changes > 0 -> changes--; request[0] = NONE; request_age[0] = 0; request_claim[0] = 0 }   /* lost on the way */
    :: atomic { changes > 0 -> changes--; repo = 3 - repo }                                       /* 1 -> 2 -> 1 */
    :: atomic { bury(0) }
    :: atomic { bury(1) }
    :: atomic { cancels > 0 -> cancels--; if :: job[0] = false :: job[1] = false fi }
    :: atomic { freezes > 0 -> freezes--; if :: frozen[0] = true :: frozen[1] = true fi }
    :: atomic { crashes > 0 -> crashes--; if :: dead[0] = true :: dead[1] = true fi }
    od
}

/* When nothing moves any more and no job is open, the record is what the client has, or an intent says that it may not be. */
proctype Judge() {
    timeout ->
    atomic {
        assert(claims == CLAIMS || (!job[0] && !job[1]));
        assert(job[0] || job[1] || client == delivered || intents != 0)
    }
}

init { atomic { run Executor(0); run Executor(1); run World(); run Judge() } }
