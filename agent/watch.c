// SPDX-License-Identifier: Apache-2.0
// Two processes. The worker makes the system calls, and a device may hold it in one for ever. The watcher makes none on a device: it
// sees the channel go, and ends the worker, whose devices the kernel then closes; and while a request takes long it says BUSY,
// so that the kit can tell a device that hangs from a machine that is gone.
#include "agent.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BEAT_MS = 500, GRACE_MS = 2000 };

// Shared by the two. `turn` is odd while a request is worked on.
static struct {
	int lock;
	uint32_t turn;
} *shared;

void watch_lock(void)
{
	while (__atomic_exchange_n(&shared->lock, 1, __ATOMIC_ACQUIRE))
		sched_yield();
}

void watch_unlock(void)
{
	__atomic_store_n(&shared->lock, 0, __ATOMIC_RELEASE);
}

void watch_begin(void)
{
	__atomic_fetch_add(&shared->turn, 1, __ATOMIC_RELAXED);
}

void watch_end(void)
{
	__atomic_fetch_add(&shared->turn, 1, __ATOMIC_RELAXED);
}

static void beat(int out, uint32_t turn)
{
	uint8_t head[REPLY_HEAD] = {0};

	put32(head + 4, BUSY);
	// The worker may be about to answer: then nothing needs to be said.
	if (__atomic_exchange_n(&shared->lock, 1, __ATOMIC_ACQUIRE))
		return;
	if (__atomic_load_n(&shared->turn, __ATOMIC_RELAXED) == turn)
		while (write(out, head, sizeof(head)) < 0 && errno == EINTR)
			;
	watch_unlock();
}

static _Noreturn void watch(pid_t worker, int life, int in, int out)
{
	// A kit never closes one direction only: where standard input is a socket, its end is the end of the channel.
	struct pollfd fds[3] = {{.fd = life}, {.fd = in, .events = POLLRDHUP}, {.fd = out}};
	uint32_t before = 0;
	int status = 0;

	for (;;) {
		int ready = poll(fds, 3, BEAT_MS);
		if (ready < 0 && errno != EINTR)
			break;
		if (ready > 0)
			break;
		uint32_t turn = __atomic_load_n(&shared->turn, __ATOMIC_RELAXED);
		if (ready == 0 && turn % 2 == 1 && turn == before)
			beat(out, turn);
		before = turn;
	}
	// The worker sees the end of the channel too, and closes everything in order, unless a device holds it.
	if (!fds[0].revents)
		poll(fds, 1, GRACE_MS);
	kill(worker, SIGKILL);
	while (waitpid(worker, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

void watch_start(int in, int out)
{
	int life[2];
	pid_t watcher = getpid();

	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(life) < 0)
		exit(3);
	pid_t worker = fork();
	if (worker < 0)
		exit(3);
	if (worker > 0) {
		signal(SIGPIPE, SIG_IGN);
		close(life[1]);
		watch(worker, life[0], in, out);
	}
	close(life[0]);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != watcher)
		exit(3);
}
