/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ipc.h: the messages between sluiced, sluice-gateway and sluice.
 *
 * Owns: numbers, payloads and their exact sizes. Must not own: how frames travel (user/base/channel.h),
 * or the kernel's structures (abi.h). Transport: Unix SOCK_SEQPACKET, one message a packet: struct
 * ipc_header, then the payload of exactly the size that the type has. Requests are even, answers
 * odd. Anything unexpected ends the peer. Text is NUL-terminated UTF-8 within its array (a missing
 * NUL ends the peer); times are milliseconds since the epoch.
 * IPC_VERSION is bumped with every change here.
 */
#ifndef SLUICE_IPC_H
#define SLUICE_IPC_H

#include <stdint.h>

#include "limits.h"

#define IPC_VERSION 13
#define IPC_MAGIC 0x534c5543 /* "SLUC" */

#define IPC_CONTROL_SOCKET "/run/sluice/control.sock" /* for sluice; everyone may connect */
#define IPC_GATEWAY_SOCKET "/run/sluice/gateway.sock" /* for the user sluice-gateway only */

enum ipc_type {
	/* sluice → sluiced; an answer is RESULT or the items named here and then RESULT */
	IPC_STATUS = 2,	       /* no payload; STATUS_ITEM; the gateway, too */
	IPC_REQUESTS = 4,      /* ipc_select: all, or one by id; REQUEST_ITEM… */
	IPC_DECIDE = 6,	       /* ipc_decide */
	IPC_GRANTS = 8,	       /* no payload; GRANT_ITEM… */
	IPC_REVOKE = 10,       /* ipc_select: grant id "g-…" in @id, why in @text */
	/* ipc_label; list: of a file, or with @fd -1 all; LABEL_ITEM… */
	IPC_LABEL = 12,
	IPC_WHY = 14,	       /* ipc_why: a process; EDGE_ITEM… */
	IPC_LINEAGE = 16,      /* ipc_why: a file; EDGE_ITEM… */
	IPC_REINDEX = 18,      /* no payload; the index of the lineage is built again; root */
	IPC_GLASS = 20,	       /* ipc_glass: break-glass */
	IPC_SUBMIT = 22,       /* ipc_signed: an answer that a person has signed */
	IPC_REASON = 24,       /* ipc_reason: why the sender's session asks */
	IPC_REPORT = 26,       /* ipc_report: one was made; REPORT_ITEM; root */
	IPC_ERASE = 28,	       /* ipc_erase: private text; ERASE_ITEM; root */
	IPC_METRICS = 32,      /* no payload; METRICS_ITEM; root and the gateway */
	/* answers of sluiced to sluice */
	IPC_RESULT = 1,	       /* ipc_result: last message of each answer */
	IPC_STATUS_ITEM = 3,   /* ipc_status */
	IPC_REQUEST_ITEM = 5,  /* ipc_request */
	IPC_GRANT_ITEM = 9,    /* ipc_grant */
	IPC_LABEL_ITEM = 13,   /* ipc_label_item */
	IPC_EDGE_ITEM = 15,    /* ipc_edge */
	IPC_REPORT_ITEM = 27,  /* ipc_report_item */
	IPC_ERASE_ITEM = 29,   /* ipc_erase_item */
	IPC_METRICS_ITEM = 33, /* ipc_metrics */
	/* sluiced → sluice-gateway */
	IPC_NOTIFY_OPEN = 101, /* ipc_request: tell people */
	IPC_NOTIFY_CLOSED = 103, /* ipc_request: decided, expired, gone; and when that is revoked */
	IPC_NOTIFY_ALL = 105,	 /* no payload; after the hello all that is open has been told */
	/*
	 * ipc_journal: what of the journal is signed and durable; with a file at the begin of a
	 * connection, when the journal goes on in another, and after a PART
	 */
	IPC_NOTIFY_JOURNAL = 107,
	/* sluice-gateway → sluiced */
	IPC_HELLO = 100,       /* ipc_hello: first message of the gateway */
	IPC_DELIVERY = 102,    /* ipc_delivery */
	IPC_CHANNEL = 104,     /* ipc_channel: a person's answer; RESULT, in the order they came */
	IPC_SINK = 106,	       /* ipc_sink: how a place stands that the journal is sent to */
	IPC_COSIGNED = 108,    /* ipc_cosigned: a witness has seen the journal */
	IPC_PART = 110,	       /* ipc_part: an older file of the journal is wanted */
};

struct ipc_header {
	uint32_t magic;
	uint16_t version;
	uint16_t type;
	uint32_t size; /* of the payload */
	uint32_t pad;
};

/*
 * Answer's last message: @error is 0 or a positive errno; @text says what happened or the remedy.
 */
struct ipc_result {
	int32_t error;
	uint32_t pad;
	char text[1024];
};

struct ipc_select {
	char id[16];
	uint32_t all; /* closed requests too */
	uint32_t pad;
	char text[SLUICE_REASON_MAX];
};

enum ipc_scope { IPC_SCOPE_RULE, IPC_SCOPE_ONCE, IPC_SCOPE_PROCESS, IPC_SCOPE_EXECUTABLE };

/**
 * struct ipc_decide: a reviewer's answer.
 * @digest: hex digest of the request as the reviewer saw it, or at least its first 8 digits
 * @approve: 1 or 0
 * @scope: enum ipc_scope, not wider than the rule's
 * @duration_s: 0 for the rule's, not longer than it
 */
struct ipc_decide {
	char id[16];
	char digest[65];
	uint8_t approve;
	uint8_t scope;
	uint8_t pad;
	uint32_t duration_s;
	char reason[SLUICE_REASON_MAX];
};

/**
 * struct ipc_reason: what the sender's session does, for those who are asked about it.
 * @duration_s: for requests that it opens within this time; 0: no more from now on, and no text
 */
struct ipc_reason {
	uint32_t duration_s;
	uint32_t pad;
	char text[SLUICE_REASON_MAX];
};

/**
 * struct ipc_signed: a reviewer's answer, signed with the reviewer's own key. Whoever sends it is
 * its courier only.
 * @statement: the answer, as user/key/statement.h has it
 * @signature: of it, as ssh-keygen -Y sign writes it
 */
struct ipc_signed {
	char statement[2048];
	char signature[2048];
};

/**
 * struct ipc_channel: a reviewer's answer that a channel of the gateway vouches for.
 * @statement: as user/key/channel_decision.h has it
 * @signature: of it by the channel's key, as ssh-keygen -Y sign writes it
 * @evidence: a JSON object: what the channel rests on, for the journal
 */
struct ipc_channel {
	char statement[3072];
	char signature[1024];
	char evidence[SLUICE_EVIDENCE_MAX];
};

enum ipc_state { IPC_PENDING, IPC_APPROVED, IPC_DENIED, IPC_EXPIRED, IPC_GONE, IPC_STATES };

/*
 * One decision on a request, as shown. @tier: enum policy_tier; @key: fingerprint, or empty
 * @standing_s: an approval for the same again within so many seconds, 0: for this once
 */
struct ipc_decision {
	char person[SLUICE_NAME_MAX];
	uint64_t time_ms;
	uint32_t approve;
	uint32_t tier;
	uint32_t standing_s;
	uint32_t pad;
	char key[64];
	char reason[SLUICE_REASON_MAX];
};

/* Who took back what was approved, last. @person: empty: nobody */
struct ipc_revocation {
	char person[SLUICE_NAME_MAX];
	uint64_t time_ms;
	char reason[SLUICE_REASON_MAX];
};

/* Where a label of the requester came from: the read nearest to the source. */
struct ipc_source {
	char path[SLUICE_PATH_TEXT];
	char labels[256];  /* names, comma and space between */
	char reader[64];   /* program that read it, with pid: "python3[812]" */
	uint64_t time_ms;
};

/* What a channel has reported of a request last. @state: enum ipc_delivery_state */
struct ipc_told {
	char notifier[32];
	uint32_t state;
	uint32_t attempt;
	uint64_t time_ms;
	char text[112]; /* error, or what it waits for */
};

/**
 * struct ipc_request: one question, complete, for cards, pages and terminals. All text is
 * untrusted.
 * @digest: hex SHA-256 over host, boot, process, executable, action, target, labels and sources
 * @labels: names, the most sensitive first, comma and space between
 * @target: path, "address port protocol", or the change of credentials in words
 * @waiting: how it waits: "hold" or "fail"
 * @tries: attempts counted on this one request
 * @escalated_s: more people were asked so long after it was opened; 0: not yet
 * @more_sources: reads besides those in @sources, at least
 * @hidden: bytes of text that did not fit into this message, 0 almost always
 * @boot: boot id of the host, which a signed answer states
 * @tier: enum policy_tier: the least that an approval must have
 * @behind: account_mark() of accounts of the people who stand behind it, so that a channel does not
 * offer them what they may not; 0 ends it, and it may lack some: sluiced checks the decision itself
 */
struct ipc_request {
	char id[16];
	char digest[65];
	char host[65];
	char rule[SLUICE_NAME_MAX];
	char action[16];
	char waiting[8];
	char scope[16];
	char boot[37];
	uint8_t state; /* enum ipc_state */
	uint8_t reason_required;
	uint8_t tier;
	uint16_t n_sources;
	uint16_t n_decisions;
	uint16_t n_told;
	uint16_t approvals_needed;
	uint16_t approvals;
	uint32_t sensitivity;
	uint32_t tries;
	uint32_t hidden;
	uint32_t uid;
	uint32_t loginuid;
	int32_t pid;
	uint32_t duration_s;
	uint32_t escalated_s;
	uint32_t more_sources;
	uint32_t revocable; /* something that was approved here is still in force */
	uint64_t start_ns;
	uint64_t opened_ms;
	uint64_t journal_entries; /* signed ones when it was opened; 0: not known */
	char journal_root[24];	  /* begin of their root, 16 hex digits */
	uint64_t expires_ms;
	uint64_t closed_ms;
	uint64_t behind[SLUICE_MAX_BEHIND];
	char labels[512];
	char requester[SLUICE_NAME_MAX]; /* person, or empty when unknown */
	char user[64];
	char comm[16];
	char executable[SLUICE_PATH_TEXT];
	char command[SLUICE_PATH_TEXT];
	char unit[256];
	char target[SLUICE_PATH_TEXT];
	char reason[SLUICE_REASON_MAX]; /* the requester's, if given */
	char reason_from[16];		/* environment, session or unit (user/request/reason.h) */
	char reviewers[512];		/* groups asked */
	char outcome[256];		/* in words, when closed */
	struct ipc_revocation revoked;
	struct ipc_source sources[SLUICE_MAX_SOURCES];
	struct ipc_decision decisions[SLUICE_MAX_REVIEWERS];
	struct ipc_told told[SLUICE_MAX_NOTIFIERS]; /* not in what the gateway gets, which knows */
};

/* A grant, or with the id "s-…" and the scope "standing" an approval for a time to come. */
struct ipc_grant {
	char id[16];
	char request[16];
	char action[16];
	char scope[16];
	char labels[512];
	char subject[SLUICE_PATH_TEXT];
	char target[SLUICE_PATH_TEXT];
	char approved_by[256];
	uint32_t uses; /* left; UINT32_MAX: not counted */
	uint32_t pad;
	uint64_t issued_ms;
	uint64_t expires_ms;
};

enum ipc_label_verb { IPC_LABEL_LIST, IPC_LABEL_ADD, IPC_LABEL_REMOVE };

/*
 * @fd: the file: the number of a descriptor (O_PATH will do) of the process that connected, which
 * keeps it open until the answer; -1 for none. @path is only for messages and the journal.
 */
struct ipc_label {
	uint32_t verb;
	int32_t fd;
	char label[SLUICE_NAME_MAX];
	char path[SLUICE_PATH_TEXT];
};

struct ipc_label_item {
	char label[SLUICE_NAME_MAX];
	char path[SLUICE_PATH_TEXT];
	char origin[SLUICE_PATH_TEXT]; /* policy file:line, "acquired", or "folder" */
	uint32_t sensitivity;
	uint32_t pad;
};

/*
 * @pid for IPC_WHY; @fd for IPC_LINEAGE, as in ipc_label
 * @steps, @depth: no more and no further away than this; 0 for SLUICE_LINEAGE_STEPS, _DEPTH
 */
struct ipc_why {
	int32_t pid;
	int32_t fd;
	uint32_t steps;
	uint32_t depth;
	char path[SLUICE_PATH_TEXT];
};

/**
 * struct ipc_edge: one step of a lineage, oldest first: @subject did @verb to @object.
 * @verb: read, received, declassified, wrote, logged, started, became, got data of, put data into
 * @executable, @user: of the process that did it
 * @request, @grant: what let it through, or empty
 * @source, @target: numbers of the nodes between which data went, the same within one answer
 * @seq: of the journal entry that first told of it
 * @former: it went into contents that are no more: the file was emptied after it
 */
struct ipc_edge {
	char verb[16];
	char subject[320];
	char object[SLUICE_PATH_TEXT];
	char labels[512];
	char executable[SLUICE_PATH_TEXT];
	char user[64];
	char request[16];
	char grant[24];
	int32_t pid;
	int32_t peer;
	uint32_t former;
	uint32_t pad;
	uint64_t source;
	uint64_t target;
	uint64_t time_ms;
	uint64_t seq;
};

enum ipc_glass_verb {
	IPC_GLASS_ASK,
	IPC_GLASS_AGREE,
	IPC_GLASS_CODE,
	IPC_GLASS_END,
	IPC_GLASS_REVIEW,
};

/**
 * struct ipc_glass: one step of a break-glass (user/guard/glass.h).
 * @duration_s: ASK: 0 for the longest; AGREE: as the question says, which the person has seen
 * @code: CODE: as on the console
 * @id: REVIEW: of the break-glass, "b-…"
 * @reason: ASK, AGREE: of the question; REVIEW: what was found
 */
struct ipc_glass {
	uint32_t verb;
	uint32_t duration_s;
	char code[16];
	char id[16];
	char reason[SLUICE_REASON_MAX];
};

/* IPC_SINK_DIVERGED: what is there is not the beginning of the journal: one was changed or cut. */
enum ipc_sink_state {
	IPC_SINK_SENT = 1,
	IPC_SINK_RETRYING,
	IPC_SINK_REFUSED,
	IPC_SINK_DIVERGED,
	IPC_SINK_STATES
};

/**
 * struct ipc_sink: a place off the host that the gateway sends the journal to.
 * @receipt: 1: the place itself says or shows what it holds; 0: nobody does (syslog), and @held is
 * no ground to delete anything
 * @held: of the journal there: bytes, or entries of a witness
 * @time_ms: when that was last known
 * @text: why no more is, else empty
 */
struct ipc_sink {
	char name[32];
	uint32_t state;
	uint32_t receipt;
	uint64_t held;
	uint64_t time_ms;
	char text[256];
};

/**
 * struct ipc_notifier: how a channel of the gateway does.
 * @connected: 1 while a gateway is there that has it
 * @waiting, @standing_by, @given_up: open requests that it has still to post, leaves to another
 * channel, or could not post
 * @handed_over: that another one has posted for it, since the daemon's start
 * @failures: attempts that failed; @failed: those of them after which the message was given up
 * @problem: newest since its newest delivery, or empty; @problem_ms: of the newest in any case
 */
struct ipc_notifier {
	char name[32];
	char problem[112];
	uint32_t connected;
	uint32_t waiting;
	uint32_t standing_by;
	uint32_t given_up;
	uint64_t delivered;
	uint64_t failures;
	uint64_t failed;
	uint64_t handed_over;
	uint64_t delivered_ms;
	uint64_t problem_ms;
};

/**
 * struct ipc_status: how the agent is.
 * @enforcing: 1 when every program is attached and a policy is in force
 * @why: when it is not, or not fully: one sentence each, newline between
 * @guard: enum sluice_guard_mode of abi.h
 * @glass_broken: 1 while root is let through; until @glass_until_ms
 * @glass_asker, @glass_reason, @glass_duration_s, @glass_agreed: of an open question, else empty
 * @glass_unreviewed: how many break-glasses are over and not reviewed; @glass_review: ids of the
 * oldest of these, ", " between
 * @sinks: what the gateway has said, since sluiced started
 */
struct ipc_status {
	uint32_t enforcing;
	uint32_t monitor;
	uint32_t generation;
	uint32_t gateway_connected;
	char version[32];
	char kernel[65];
	char why[1024];
	char policy_digest[65];
	char journal_root[65];
	char journal[SLUICE_PATH_TEXT]; /* the file that is written */
	char gateway[256]; /* newest delivery problem, or empty */
	char pad[5];
	uint32_t labels;
	uint32_t rules;
	uint32_t people;
	uint32_t pending;
	uint32_t held;
	uint32_t grants;
	uint64_t started_ms;
	uint64_t policy_ms;
	uint64_t journal_entries;
	uint64_t undelivered; /* requests that no notifier has delivered */
	uint64_t delivered;
	uint64_t counters[16]; /* enum sluice_counter of abi.h, summed over CPUs */
	uint64_t gaps;	       /* events known to be lost */
	uint64_t missed;       /* times that the kernel left a program out */
	uint32_t guard;
	uint32_t glass_broken;
	uint64_t glass_until_ms;
	char glass_by[256];
	char glass_asker[SLUICE_NAME_MAX];
	char glass_agreed[SLUICE_NAME_MAX];
	uint32_t glass_duration_s;
	uint32_t glass_unreviewed;
	char glass_review[128];
	char glass_reason[SLUICE_REASON_MAX];
	struct ipc_notifier notifiers[SLUICE_MAX_NOTIFIERS];
	uint32_t n_notifiers;
	uint32_t n_sinks;
	struct ipc_sink sinks[SLUICE_MAX_SINKS];
};

/* How long held processes waited: bounds of the buckets; a last bucket has what took longer. */
#define IPC_WAITS	  8
#define IPC_WAIT_BOUNDS_S { 1, 5, 15, 60, 300, 900, 3600, 28800 }
#define IPC_MAPS	  32

/* A map of the kernel's: entries that it has, and can have. */
struct ipc_fill {
	char name[24];
	uint32_t used;
	uint32_t room;
};

/**
 * struct ipc_metrics: numbers since the daemon's start that are not in ipc_status.
 * @closed: by outcome, enum ipc_state
 * @waits: held processes that went on, by the bucket of their time; @waited_ms: the sum of the
 * times
 * @answers: that people gave: [0] denials, [1] approvals
 * @heartbeat_ms: age of the newest heartbeat; the kernel holds nobody when it is stale
 */
struct ipc_metrics {
	uint64_t opened;
	uint64_t closed[IPC_STATES];
	uint64_t waits[IPC_WAITS + 1];
	uint64_t waited_ms;
	uint64_t answers[2];
	uint64_t heartbeat_ms;
	struct ipc_fill maps[IPC_MAPS];
	uint16_t n_maps;
	uint16_t pad[3];
};

/**
 * struct ipc_report: a folder of evidence that "sluice report" has made of the journal.
 * @entries: of the journal that it rests on, from entry 0 on
 * @manifest: SHA-256 of its MANIFEST.sha256, in hex
 */
struct ipc_report {
	uint64_t from_ms, to_ms, entries;
	char manifest[65];
	char framework[31];
};

/**
 * struct ipc_erase: which private text (vault.h) is erased: all that is set must fit.
 * @uid: -1: any
 * @before_ms: of days before; 0: any
 * @path: pattern; empty: any
 * @count: 1: only say how many there are
 */
struct ipc_erase {
	int64_t uid;
	uint64_t before_ms;
	uint32_t count;
	uint32_t pad;
	char request[16];
	char path[SLUICE_PATH_TEXT];
	char reason[SLUICE_REASON_MAX];
};

/* @seq: of the journal's entry */
struct ipc_erase_item {
	uint64_t texts;
	uint64_t seq;
};

/* @seq: number of the entry that says so; it is durable, and signed by the host's key */
struct ipc_report_item {
	uint64_t seq;
};

struct ipc_hello {
	uint32_t notifiers; /* how many channels are configured */
	uint32_t sinks;	    /* and places for the journal: 0: it is not told of it */
	char names[256];
};

/* IPC_STANDBY: it posts only what the channel before it does not, as the text says. */
enum ipc_delivery_state { IPC_DELIVERED = 1, IPC_RETRYING, IPC_FAILED, IPC_STANDBY };
/* What the text of IPC_STANDBY begins with, before the channel's name, until one of both has it. */
#define IPC_STANDBY_WAITS "waits for"

struct ipc_delivery {
	char id[16];
	char notifier[32];
	uint32_t state;
	uint32_t attempt;
	char text[256]; /* error, empty when delivered */
};

/**
 * struct ipc_journal: what may leave the host. Bytes are counted over all files from entry 0 on.
 * @bytes: that are signed and durable; they end with a checkpoint
 * @entries: among them
 * @oldest: the first byte that is there
 * @from, @to: bytes of the file that comes along; @to is 0 for the one that is written
 * @first: the first entry of that file
 * @genesis: hash of entry 0, hex
 * @refused: 1: the policy does not hand the journal to the gateway; all else is 0
 */
struct ipc_journal {
	uint64_t bytes;
	uint64_t entries;
	uint64_t oldest;
	uint64_t from;
	uint64_t to;
	uint64_t first;
	char genesis[72];
	uint32_t refused;
	uint32_t pad;
};

/* struct ipc_part: the file is wanted that has the byte @at. */
struct ipc_part {
	uint64_t at;
};

/**
 * struct ipc_cosigned: what a witness has signed.
 * @name: of its section in gateway.conf
 * @note: C2SP signed note: a checkpoint of this journal with a line of the witness
 */
struct ipc_cosigned {
	char name[32];
	char note[4096];
};

_Static_assert(sizeof(struct ipc_header) == 16, "header");

#endif
