/* SPDX-License-Identifier: (GPL-2.0 OR Apache-2.0) */
/*
 * limits.h: every capacity and time-out on one page. What exceeds one is refused with an error that
 * names it.
 */
#ifndef __bpf__
#include_next <limits.h> /* this file has the name of the C library's and must not hide it */
#endif

#ifndef SLUICE_LIMITS_H
#define SLUICE_LIMITS_H

/* Policy: labels and clearances are bits of a u64, the rest is bounded so that a reload is. */
#define SLUICE_MAX_LABELS	64
#define SLUICE_MAX_CLEARANCES	64
#define SLUICE_MAX_PORTS	8 /* port ranges of one address prefix */
#define SLUICE_MAX_RULES	256
#define SLUICE_MAX_TESTS	1024
#define SLUICE_MAX_PEOPLE	4096
#define SLUICE_MAX_PATHS	4096 /* paths that the policy labels */
#define SLUICE_MAX_PRIVATE	256  /* patterns of Private= in [Journal] */
#define SLUICE_MAX_DESTINATIONS 4096
#define SLUICE_MAX_GROUPS	64 /* bits of a rule's mask of reviewers */
#define SLUICE_POLICY_FILES	256
#define SLUICE_POLICY_BYTES	(4U << 20) /* of one file */
#define SLUICE_POLICY_LINE	4096	   /* bytes of one line, without its end */
#define SLUICE_NAME_MAX		64	   /* label, rule, person, group; with the NUL */

/* Kernel side. */
#define SLUICE_ATTRIBUTE_NAME  128 /* bytes of an attribute's name in a policy, with the NUL */
#define SLUICE_MAX_ATTRIBUTES  1024
#define SLUICE_EVENT_PATH      1024 /* bytes of a path in an event; a power of two */
#define SLUICE_PATH_DEPTH      64   /* components of a path in an event */
#define SLUICE_FOLDER_DEPTH    2048 /* folders above a file (PATH_MAX); deeper is refused */
#define SLUICE_RING_BYTES      (2U << 20)
#define SLUICE_TURN_EVENTS     128 /* handled, then others have their turn: a flood may not end */
#define SLUICE_MAX_OBJECTS     1048576 /* labeled objects, preallocated none */
#define SLUICE_MAX_CHANGED     65536   /* objects whose labels the table does not have yet */
#define SLUICE_MAX_FILESYSTEMS 4096    /* with labels that are kept across boots */
#define SLUICE_MAX_ASKS	       8192
#define SLUICE_MAX_GRANTS      16384
#define SLUICE_MAX_FLOWS       16384
#define SLUICE_MAX_SOCKETS     65536 /* that labeled data was sent to or through on this host */
#define SLUICE_MAX_MARKS       16384 /* pairs of addresses with labeled packets under way */
#define SLUICE_MAX_PARCELS     65536 /* messages in queues and keys that carry labels */
#define SLUICE_MAX_EDGES       16384 /* recent reads and writes not told again */
#define SLUICE_MAX_REFUSALS    4096  /* recent denials; the same again is only counted */
#define SLUICE_REPEAT_MS       1000  /* and told of no more often than this */
#define SLUICE_LOOK_REFUSALS   512   /* counts taken at once; the others wait for the next look */
#define SLUICE_EMPTIED_MS      1000  /* that a file is emptied is told of no more often than this */
#define SLUICE_MAX_SPLICES     4096  /* threads inside splice, tee or vmsplice */
#define SLUICE_MAX_SHARED      65536 /* groups of processes that share memory */
#define SLUICE_MAX_SEGMENTS    16384 /* files, memfds, segments that processes share */
#define SLUICE_QUOTA_SHARE     4 /* no user but root gets more than this part of what fills up */
#define SLUICE_FILES_PER_USER  (SLUICE_MAX_OBJECTS / SLUICE_QUOTA_SHARE) /* unless a policy says */
#define SLUICE_MAX_QUOTAS      4096 /* users whose shares are counted; the longest idle goes */
#define SLUICE_MAX_GUARDED     8192 /* files and folders of the agent's own */
#define SLUICE_MAX_OWN	       1024 /* maps, programs and links of the agent's own */

/* Times. */
#define SLUICE_HEARTBEAT_MS	  1000
#define SLUICE_STALE_MS		  5000
#define SLUICE_MISSED_MS	  10000 /* between two looks at programs that were left out */
#define SLUICE_DEFAULT_LIMIT_S	  900	/* how long a question waits */
#define SLUICE_MAX_LIMIT_S	  604800
#define SLUICE_DEFAULT_DURATION_S 300 /* how long a grant holds */
#define SLUICE_MAX_DURATION_S	  86400
#define SLUICE_DEFAULT_GLASS_S	  900 /* how long the glass may stay broken */
#define SLUICE_MAX_GLASS_S	  86400
#define SLUICE_GLASS_WAIT_S	  600 /* how long a break-glass waits to be agreed to */
#define SLUICE_RESOLVE_S	  60  /* refresh of host names in the policy */

/* Requests and lineage kept by sluiced. */
#define SLUICE_MAX_REQUESTS 4096 /* open ones */
/* of one user: nobody may take the reviewers from all others */
#define SLUICE_MAX_REQUESTS_PER_UID 512
#define SLUICE_MAX_RATE_S	    86400
#define SLUICE_BUDGET_NOTICE_S	    600	    /* people hear no more often that one asks too much */
#define SLUICE_TRIES_LOOK_S	    60	    /* and how often one thing was tried */
#define SLUICE_UNKNOWN_REVIEWERS    2	    /* where nobody of the policy stands behind a request */
#define SLUICE_MAX_STANDING	    256	    /* approvals for a time to come */
#define SLUICE_MAX_STANDING_S	    2592000 /* 30 days */
/* Decided ones still shown, and those of which a gateway that connects is told; besides them all of
 * which something is in force, bounded by SLUICE_MAX_GRANTS and SLUICE_MAX_STANDING. */
#define SLUICE_MAX_CLOSED	    1024
#define SLUICE_TOLD_CLOSED	    256
#define SLUICE_MAX_REVIEWERS	    16	    /* decisions counted on one request */
#define SLUICE_MAX_SINKS	    8	    /* of the gateway: where the journal is sent to */
#define SLUICE_MAX_NOTIFIERS	    8	    /* of the gateway */
#define SLUICE_MAX_SOURCES	    8	    /* sources shown with a request */
#define SLUICE_COUNTED_SOURCES	    1000    /* and counted, of one label at least */
#define SLUICE_MAX_NODES	    65536   /* processes and files whose lineage is kept */
#define SLUICE_MAX_LINEAGE	    262144  /* edges of the index in the state folder, some 60 MB */
#define SLUICE_STATE_LINEAGE	    32768   /* edges known again at a start: the newest */
#define SLUICE_LINEAGE_STEPS	    1024    /* of one answer: the nearest ones */
#define SLUICE_LINEAGE_DEPTH	    256 /* steps from what was asked about to the furthest shown */
#define SLUICE_REASON_MAX	    512
#define SLUICE_MAX_REASONS	    1024 /* that sessions have given; the oldest goes */
#define SLUICE_MAX_REASONS_PER_UID  32
#define SLUICE_DEFAULT_REASON_S	    3600 /* how long one stands for what the session asks next */
#define SLUICE_MAX_REASON_S	    86400
#define SLUICE_REASON_DEPTH	    32	 /* ancestors looked at for the session that gave one */
#define SLUICE_REASON_LOOKS	    64	 /* open requests that one is tried on */
#define SLUICE_REASON_READS	    256	 /* processes read for that */
#define SLUICE_REASON_LOOK_MS	    1000 /* between two times that one user has it done */
#define SLUICE_MAX_KEYS		    16	 /* of one person */
#define SLUICE_STATEMENT_AGE_S	    600	 /* a signed answer is taken for so long */
#define SLUICE_STATEMENT_SKEW_S	    60	 /* and so long before its time, by another clock */
#define SLUICE_MAX_CHANNELS	    16	 /* of the gateway, that may bring decisions */
#define SLUICE_MAX_ACCOUNTS	    16	 /* of one person */
#define SLUICE_MAX_BEHIND	    32	 /* accounts named with a request as those of who asks */
#define SLUICE_CHANNEL_AGE_S	    60	 /* a channel's decision is taken for so long */
#define SLUICE_EVIDENCE_MAX	    8192 /* bytes of its evidence, with the NUL */
#define SLUICE_REFUSED_WINDOW_S	    60	 /* within this, of one account: */
#define SLUICE_MAX_REFUSED	    10	 /* refused decisions; more are not looked at */
#define SLUICE_MAX_REFUSED_ALL	    100	 /* of all accounts, that are journaled */

/* Sockets. */
#define SLUICE_MAX_CLIENTS	   64
#define SLUICE_MAX_CLIENTS_PER_UID 16
#define SLUICE_PATH_TEXT	   1024 /* a path as text, with the NUL */

/* Reading command lines and environments, which a process can keep from being read. */
#define SLUICE_READ_MS	     1000 /* one of them */
#define SLUICE_READ_LOST_MS  2000 /* waited in vain within the next; then none is read */
#define SLUICE_READ_WINDOW_S 10
#define SLUICE_MAX_READERS   4 /* workers that not even SIGKILL ends */

/* Journal. */
/* bytes of a line without its LF: tlog-tiles counts in 16 bits */
#define SLUICE_JOURNAL_ENTRY_MAX   65535
#define SLUICE_JOURNAL_BEAT_MS     60000 /* between two entries with totals */
/* size and age at which a file of it is full, unless the policy says else */
#define SLUICE_JOURNAL_FILE_BYTES  (64U << 20)
#define SLUICE_JOURNAL_FILE_S	   86400
#define SLUICE_JOURNAL_FILE_TRY_S  60	 /* between attempts to begin another */
#define SLUICE_JOURNAL_BATCH_BYTES (4U << 20) /* lines that wait in memory to be written */
/* found lines that wait for the signature that covers them */
#define SLUICE_JOURNAL_READ_BYTES (64U << 20)

#endif
