// SPDX-License-Identifier: Apache-2.0
/*
 * test_notifier.c: the queue of a channel against a made-up channel in a real loop: retries,
 * back-off, expiry, what is reported, what is remembered; and the sandbox, each rule refusing and
 * allowing its neighbour, in child processes. Sources: test_notifier.c
 * user/{notifier_queue,gateway_delivered,sandbox,notify,log}.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "cleanup.h"
#include "log.h"
#include "notifier_queue.h"
#include "notify.h"
#include "sandbox.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"
#define MAX_REPORTS 16

/* A transfer of the made-up channel ends when the timer fires, with the next outcome of the script.
 */
struct http_transfer {
	struct event *timer;
	http_done_fn done;
	void *arg;
};

static struct world {
	char folder[32];
	struct event_base *base;
	struct delivered *delivered;
	struct notifier_context context;
	struct notifier notifier;
	struct notifier_queue *queue;
	struct notifier_result script[MAX_REPORTS]; /* after its end: done */
	unsigned int posts;
	unsigned int flying;
	unsigned int most_flying;
	char posted[128];
	struct ipc_delivery reports[MAX_REPORTS];
	unsigned int n_reports;
	int render_errno;
	int post_error;
} world;

void http_cancel(struct http_transfer *transfer)
{
	if (!transfer)
		return;
	event_free(transfer->timer);
	free(transfer);
}

static void on_done(evutil_socket_t fd, short what, void *arg)
{
	static const struct http_answer answer = {};
	struct http_transfer *transfer = arg;

	(void)fd;
	(void)what;
	world.flying--;
	transfer->done(transfer->arg, &answer);
	http_cancel(transfer);
}

static int fake_post(const void *settings, struct http *http, const char *message,
		     http_done_fn done, void *arg, struct http_transfer **ret)
{
	const struct timeval soon = { .tv_usec = 2000 };
	struct http_transfer *transfer;

	(void)settings;
	(void)http;
	if (world.post_error)
		return world.post_error;
	transfer = calloc(1, sizeof(*transfer));
	assert_non_null(transfer);
	transfer->done = done;
	transfer->arg = arg;
	transfer->timer = evtimer_new(world.base, on_done, transfer);
	evtimer_add(transfer->timer, &soon);
	if (++world.flying > world.most_flying)
		world.most_flying = world.flying;
	if (strlen(world.posted) + strlen(message) < sizeof(world.posted))
		strcat(world.posted, message);
	*ret = transfer;
	return 0;
}

static void fake_judge(const struct http_answer *answer, struct notifier_result *ret)
{
	(void)answer;
	*ret = world.posts < MAX_REPORTS ? world.script[world.posts] : (struct notifier_result){};
	world.posts++;
}

static char *fake_render(const struct ipc_request *request)
{
	char *text;

	if (world.render_errno) {
		errno = world.render_errno;
		return NULL;
	}
	if (asprintf(&text, "%s:%s ", request->id,
		     request->state == IPC_PENDING ? "open" : "closed") < 0)
		return NULL;
	return text;
}

static const struct notifier_ops fake_ops = {
	.kind = "Fake",
	.render = fake_render,
	.post = fake_post,
	.judge = fake_judge,
};

static void on_report(void *arg, const struct ipc_delivery *delivery)
{
	(void)arg;
	assert_true(world.n_reports < MAX_REPORTS);
	world.reports[world.n_reports++] = *delivery;
}

static void open_queue(void)
{
	assert_int_equal(delivered_load(world.folder, &world.delivered), 0);
	world.context = (struct notifier_context){
		.base = world.base, .delivered = world.delivered, .delay_ms = 4, .report = on_report
	};
	assert_int_equal(notifier_queue_new(&world.context, &world.notifier, &world.queue), 0);
}

static void close_queue(void)
{
	world.queue = notifier_queue_free(world.queue);
	world.delivered = delivered_free(world.delivered);
}

static int setup(void **state)
{
	(void)state;
	world = (struct world){ .folder = "/tmp/test_notifier.XXXXXX" };
	world.notifier = (struct notifier){ .ops = &fake_ops, .name = "fake", .max_attempts = 4 };
	if (!mkdtemp(world.folder))
		return -1;
	world.base = event_base_new();
	open_queue();
	return 0;
}

static int teardown(void **state)
{
	char path[64];

	(void)state;
	close_queue();
	event_base_free(world.base);
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	unlink(path);
	return rmdir(world.folder);
}

static struct ipc_request request_of(const char *id, int64_t seconds)
{
	struct ipc_request request = { .digest = DIGEST };

	snprintf(request.id, sizeof(request.id), "%s", id);
	request.expires_ms = (uint64_t)(time(NULL) + seconds) * 1000;
	return request;
}

static void open_request(const char *id, int64_t seconds)
{
	struct ipc_request request = request_of(id, seconds);

	notifier_queue_open(world.queue, &request);
}

static void close_request(const char *id)
{
	struct ipc_request request = request_of(id, 600);

	request.state = IPC_APPROVED;
	notifier_queue_closed(world.queue, &request);
}

/* Until nothing is left to wait for. */
static void run_loop(void)
{
	event_base_dispatch(world.base);
}

static void assert_report(unsigned int i, const char *id, uint32_t report, uint32_t attempt,
			  const char *text)
{
	assert_true(i < world.n_reports);
	assert_string_equal(world.reports[i].id, id);
	assert_string_equal(world.reports[i].notifier, "fake");
	assert_int_equal(world.reports[i].state, report);
	assert_int_equal(world.reports[i].attempt, attempt);
	assert_non_null(strstr(world.reports[i].text, text));
}

static void test_posted_once_and_reported(void **state)
{
	(void)state;
	open_request("r-1", 600);
	open_request("r-1", 600); /* while it is under way */
	run_loop();
	open_request("r-1", 600); /* after it arrived */
	run_loop();
	assert_string_equal(world.posted, "r-1:open ");
	assert_int_equal(world.n_reports, 2);
	assert_report(0, "r-1", IPC_DELIVERED, 1, "");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
}

static void test_tried_again_until_taken(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN, .text = "busy" };
	world.script[1] = (struct notifier_result){ .outcome = NOTIFIER_UNKNOWN,
						    .text = "silence" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 3);
	assert_report(0, "r-1", IPC_RETRYING, 1, "busy");
	assert_report(1, "r-1", IPC_RETRYING, 2, "silence");
	assert_report(2, "r-1", IPC_DELIVERED, 3, "");
}

static void test_gives_up_after_max_attempts(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++)
		world.script[i] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
							    .text = "busy" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 4);
	assert_int_equal(world.n_reports, 4);
	assert_report(3, "r-1", IPC_FAILED, 4, "busy; gave up after 4 attempts");
	open_request("r-1", 600); /* sluiced is back and asks again: a new chance */
	run_loop();
	assert_int_equal(world.posts, 8);
}

static void test_refusal_is_final(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_REFUSED,
						    .text = "HTTP 404" };
	open_request("r-1", 600);
	run_loop();
	assert_int_equal(world.posts, 1);
	assert_int_equal(world.n_reports, 1);
	assert_report(0, "r-1", IPC_FAILED, 1, "HTTP 404");
}

static void test_expiry_ends_it(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
						    .wait_s = 120,
						    .text = "busy" };
	open_request("r-0", -1);
	open_request("r-1", 100);
	run_loop();
	assert_int_equal(world.posts, 1);
	assert_report(0, "r-0", IPC_FAILED, 0, "expired before");
	assert_report(1, "r-1", IPC_FAILED, 1, "expires before the next attempt");
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void test_waits_as_long_as_asked_and_so_does_the_channel(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
						    .wait_s = 1,
						    .text = "HTTP 429" };
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	open_request("r-2", 600);
	assert_int_equal(world.flying, 0); /* the other message keeps silent too */
	run_loop();
	assert_true(now_ms() - start >= 1000);
	assert_int_equal(world.posts, 3);
}

static int latest_timer(const struct event_base *base, const struct event *event, void *arg)
{
	struct timeval *latest = arg, at;

	(void)base;
	if (event_pending(event, EV_TIMEOUT, &at) && at.tv_sec > latest->tv_sec)
		*latest = at;
	return 0;
}

/* A hostile or broken server asks for centuries. */
static void test_no_answer_silences_the_channel_for_good(void **state)
{
	static const uint64_t waits_s[] = { 1000000000, UINT64_MAX / 1000 + 1, UINT64_MAX };
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(waits_s); i++) {
		struct timeval latest = {}, now;

		notifier_queue_free(world.queue);
		assert_int_equal(notifier_queue_new(&world.context, &world.notifier, &world.queue),
				 0);
		world.n_reports = 0;
		world.script[world.posts] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
								      .wait_s = waits_s[i],
								      .text = "HTTP 429" };
		open_request("r-1", 600);
		while (world.n_reports == 0)
			event_base_loop(world.base, EVLOOP_ONCE);
		assert_report(0, "r-1", IPC_FAILED, 1,
			      "HTTP 429; the request expires before the next attempt");
		open_request("r-2", 600); /* this one may still be posted in time */
		event_base_foreach_event(world.base, latest_timer, &latest);
		event_base_gettimeofday_cached(world.base, &now);
		assert_in_range(latest.tv_sec - now.tv_sec, 200, 400);
	}
}

static void test_back_off_grows(void **state)
{
	uint64_t start = now_ms();

	(void)state;
	world.context.delay_ms = 40;
	for (int i = 0; i < 3; i++)
		world.script[i] = (struct notifier_result){ .outcome = NOTIFIER_AGAIN,
							    .text = "busy" };
	open_request("r-1", 600);
	run_loop();
	/* at least half of 40, 80 and 160; at most all of them and the loop's own time */
	assert_in_range(now_ms() - start, 140, 2000);
}

static void test_few_at_a_time(void **state)
{
	char id[16];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(id, sizeof(id), "r-%d", i);
		open_request(id, 600);
	}
	run_loop();
	assert_int_equal(world.n_reports, 12);
	assert_int_equal(world.most_flying, 4);
}

static void test_answer_follows_what_was_posted(void **state)
{
	(void)state;
	close_request("r-0"); /* nobody was told */
	open_request("r-1", 600);
	run_loop();
	close_request("r-1");
	close_request("r-1");
	run_loop();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
	assert_int_equal(world.n_reports, 1); /* of the question only */
}

static void test_answer_waits_for_the_question_under_way(void **state)
{
	(void)state;
	open_request("r-1", 600);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
}

static void wait_for_retry(enum notifier_outcome outcome)
{
	world.script[0] =
		(struct notifier_result){ .outcome = outcome, .wait_s = 60, .text = "busy" };
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	close_request("r-1");
}

static void test_question_that_nobody_saw_is_dropped(void **state)
{
	(void)state;
	wait_for_retry(NOTIFIER_AGAIN);
	run_loop(); /* returns at once: nothing waits any more */
	assert_string_equal(world.posted, "r-1:open ");
}

static void test_question_that_may_have_been_seen_is_answered(void **state)
{
	(void)state;
	world.script[0] = (struct notifier_result){ .outcome = NOTIFIER_UNKNOWN,
						    .text = "silence" };
	world.context.delay_ms = 2000;
	open_request("r-1", 600);
	while (world.n_reports == 0)
		event_base_loop(world.base, EVLOOP_ONCE);
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:closed ");
	assert_int_equal(world.posts, 2);
}

static void test_restart_remembers(void **state)
{
	struct ipc_request other = request_of("r-1", 600);

	(void)state;
	open_request("r-1", 600);
	run_loop();
	close_queue();
	open_queue();
	open_request("r-1", 600);
	run_loop();
	assert_string_equal(world.posted, "r-1:open ");
	assert_report(1, "r-1", IPC_DELIVERED, 0, "");
	other.digest[0] = '0'; /* the same id for another request, after a reinstallation */
	notifier_queue_open(world.queue, &other);
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:open ");
	close_request("r-1");
	run_loop();
	close_queue();
	open_queue();
	close_request("r-1");
	run_loop();
	assert_string_equal(world.posted, "r-1:open r-1:open r-1:closed ");
}

static void write_state(const char *text)
{
	char path[64];
	FILE *file;

	close_queue();
	snprintf(path, sizeof(path), "%s/delivered", world.folder);
	file = fopen(path, "we");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	open_queue();
}

static void test_state_file_is_read_line_by_line(void **state)
{
	(void)state;
	write_state("open fake r-1 3f9a22c1d0e1f2a3 99999999999\n"
		    "open fake r-2 3f9a22c1d0e1f2a3 1000\n" /* long expired */
		    "nonsense\n\n"
		    "open fake r-3 3f9a22c1d0e1f2a3 99999999999 more\n"
		    "open other r-4 3f9a22c1d0e1f2a3 99999999999\n"
		    "closed fake r-5 3f9a22c1d0e1f2a3 99999999999\n"
		    "open fake r-6 3f9a22c1d0e1f2a3 99999999999"); /* torn */
	for (char id[] = "r-1"; id[2] <= '6'; id[2]++)
		open_request(id, 600);
	run_loop();
	assert_report(0, "r-1", IPC_DELIVERED, 0, "");
	assert_int_equal(world.posts, 5);
}

static void test_state_folder_must_be_there(void **state)
{
	struct delivered *none = NULL;

	(void)state;
	assert_int_equal(delivered_load("/nonexistent", &none), -ENOENT);
	assert_null(none);
}

static void test_problems_before_the_post_are_reported(void **state)
{
	(void)state;
	world.render_errno = EINVAL;
	open_request("r-1", 600);
	assert_report(0, "r-1", IPC_FAILED, 0, "no well-formed id");
	world.render_errno = 0;
	world.post_error = -ENOMEM;
	open_request("r-2", 600);
	assert_report(1, "r-2", IPC_RETRYING, 1, "Cannot allocate memory");
	world.post_error = 0;
	run_loop();
	assert_report(2, "r-2", IPC_DELIVERED, 2, "");
}

static void test_notify_datagram(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char text[64] = "";
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	(void)state;
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(notify_send("READY=1"), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", world.folder);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	assert_int_equal(notify_send("READY=1"), 1);
	assert_int_equal(recv(sock, text, sizeof(text), 0), 7);
	assert_string_equal(text, "READY=1");
	unlink(address.sun_path);
	close(sock);
	assert_int_equal(notify_send("READY=1"), -ENOENT);
	setenv("NOTIFY_SOCKET", "relative", 1);
	assert_int_equal(notify_send("READY=1"), -EINVAL);
	unsetenv("NOTIFY_SOCKET");
}

static void test_notify_abstract_socket(void **state)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	int n = snprintf(name, sizeof(name), "@test_notifier.%d", getpid());

	(void)state;
	memcpy(address.sun_path + 1, name + 1, (size_t)n - 1);
	assert_int_equal(bind(sock, (struct sockaddr *)&address,
			      offsetof(struct sockaddr_un, sun_path) + (socklen_t)n),
			 0);
	setenv("NOTIFY_SOCKET", name, 1);
	assert_int_equal(notify_send("WATCHDOG=1"), 1);
	assert_int_equal(recv(sock, name, sizeof(name), 0), 10);
	unsetenv("NOTIFY_SOCKET");
	close(sock);
}

static void test_watchdog_interval(void **state)
{
	char pid[16];

	(void)state;
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	assert_int_equal(notify_watchdog_us(), 0);
	setenv("WATCHDOG_USEC", "30000000", 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_PID", "1", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_PID", pid, 1);
	assert_int_equal(notify_watchdog_us(), 30000000);
	setenv("WATCHDOG_USEC", "-5", 1);
	assert_int_equal(notify_watchdog_us(), 0);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
}

static void *nothing(void *arg)
{
	return arg;
}

/* Each returns 0 when it is as it should be inside the sandbox. */
static int allowed_network(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);
	int udp = socket(AF_INET6, SOCK_DGRAM, 0);
	int unix_fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	int netlink = socket(AF_NETLINK, SOCK_RAW, 0);
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(9),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	if (tcp < 0 || udp < 0 || unix_fd < 0 || netlink < 0)
		return 1;
	if (connect(tcp, (struct sockaddr *)&address, sizeof(address)) < 0 && errno != ECONNREFUSED)
		return 2;
	return 0;
}

static int refused_sockets(void)
{
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != EPERM)
		return 1;
	if (socket(AF_NETLINK, SOCK_RAW, 9) >= 0 || errno != EPERM) /* NETLINK_AUDIT */
		return 2;
	return 0;
}

static int refused_listening(void)
{
	int tcp = socket(AF_INET, SOCK_STREAM, 0);

	if (listen(tcp, 1) == 0 || errno != EPERM)
		return 1;
	return 0;
}

static int allowed_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, nothing, NULL) != 0)
		return 1;
	return pthread_join(thread, NULL);
}

static int allowed_files(void)
{
	char path[64];
	int fd;

	if (access("/etc/hosts", R_OK) < 0 || open("/etc/hosts", O_RDONLY) < 0)
		return 1;
	snprintf(path, sizeof(path), "%s/inside", world.folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1 || unlink(path) < 0)
		return 2;
	return 0;
}

static int refused_files(void)
{
	if (open("/tmp", O_RDONLY | O_DIRECTORY) >= 0 || errno != EACCES)
		return 1;
	if (open("/etc/sluice-test", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
		return 2;
	if (open("/proc/self/mem", O_RDWR) >= 0)
		return 3;
	if (open("/tmp/test_notifier.outside", O_CREAT | O_WRONLY, 0600) >= 0 || errno != EACCES)
		return 4;
	return 0;
}

static int refused_privileges(void)
{
	if (syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0) == 0)
		return 1;
	if (chmod("/tmp", 0777) == 0)
		return 2;
	if (kill(getppid(), 0) == 0)
		return 3;
	return 0;
}

static int deadly_exec(void)
{
	execl("/bin/true", "true", NULL);
	return 0;
}

static int deadly_ptrace(void)
{
	syscall(SYS_ptrace, 0, 0, 0, 0);
	return 0;
}

static int deadly_setuid(void)
{
	syscall(SYS_setuid, 0);
	return 0;
}

static int deadly_bpf(void)
{
	syscall(SYS_bpf, 0, NULL, 0);
	return 0;
}

static int refused_process(void)
{
	long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 && errno == EPERM ? 0 : 1;
}

/* valgrind knows neither seccomp(2) nor Landlock. */
static void need_own_kernel_calls(void)
{
	const char *preload = getenv("LD_PRELOAD");

	if (preload && strstr(preload, "vgpreload"))
		skip();
}

static int in_sandbox(int (*probe)(void))
{
	struct sandbox_path paths[] = { { world.folder, 1 }, { "/nonexistent", 0 } };
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (sandbox_gateway(paths, ARRAY_SIZE(paths), NULL) < 0)
			_exit(99);
		_exit(probe());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1U) > 0;
}

static void test_sandbox_allows_what_the_gateway_does(void **state)
{
	(void)state;
	need_own_kernel_calls();
	assert_int_equal(in_sandbox(allowed_network), 0);
	assert_int_equal(in_sandbox(allowed_thread), 0);
	assert_int_equal(in_sandbox(allowed_files), 0);
}

static void test_sandbox_refuses_the_rest(void **state)
{
	(void)state;
	need_own_kernel_calls();
	assert_int_equal(in_sandbox(refused_sockets), 0);
	assert_int_equal(in_sandbox(refused_listening), 0);
	assert_int_equal(in_sandbox(refused_privileges), 0);
	assert_int_equal(in_sandbox(refused_process), 0);
	if (has_landlock())
		assert_int_equal(in_sandbox(refused_files), 0);
	else
		print_message("no Landlock here: files not tested\n");
}

static void test_sandbox_kills_attacks(void **state)
{
	static int (*const deadly[])(void) = { deadly_exec, deadly_ptrace, deadly_setuid,
					       deadly_bpf };

	(void)state;
	need_own_kernel_calls();
	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++) {
		int status = in_sandbox(deadly[i]);

		assert_true(WIFSIGNALED(status));
		assert_int_equal(WTERMSIG(status), SIGSYS);
	}
}

/* Return: the first that does not hold, or 0. */
static int daemon_sandbox_lacks(void)
{
	union bpf_attr attr = { 0 };

	if (sandbox_daemon() || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 1;
	if (syscall(SYS_bpf, BPF_BTF_GET_NEXT_ID, &attr, sizeof(attr)) == 0 || errno != ENOENT)
		return 2;
	/* Its neighbour is the kernel's to judge. */
	if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) == 0 || errno == ENOENT)
		return 3;
	return 0;
}

static void test_daemon_sandbox(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(daemon_sandbox_lacks());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_posted_once_and_reported),
		TEST(test_tried_again_until_taken),
		TEST(test_gives_up_after_max_attempts),
		TEST(test_refusal_is_final),
		TEST(test_expiry_ends_it),
		TEST(test_waits_as_long_as_asked_and_so_does_the_channel),
		TEST(test_no_answer_silences_the_channel_for_good),
		TEST(test_back_off_grows),
		TEST(test_few_at_a_time),
		TEST(test_answer_follows_what_was_posted),
		TEST(test_answer_waits_for_the_question_under_way),
		TEST(test_question_that_nobody_saw_is_dropped),
		TEST(test_question_that_may_have_been_seen_is_answered),
		TEST(test_restart_remembers),
		TEST(test_state_file_is_read_line_by_line),
		TEST(test_state_folder_must_be_there),
		TEST(test_problems_before_the_post_are_reported),
		TEST(test_notify_datagram),
		TEST(test_notify_abstract_socket),
		TEST(test_watchdog_interval),
		TEST(test_sandbox_allows_what_the_gateway_does),
		TEST(test_sandbox_refuses_the_rest),
		TEST(test_sandbox_kills_attacks),
		TEST(test_daemon_sandbox),
	};

	log_set_level(LOG_ERR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
