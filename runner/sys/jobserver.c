// SPDX-License-Identifier: GPL-2.0-only
/*
 * make puts O_NONBLOCK on the reading end that it inherits, or takes it away,
 * and the flag belongs to the open file which all holders share. So our own
 * reading and writing goes through a second pair of open files on the same
 * pipe, got by /proc/self/fd, which are always non-blocking: a build that
 * empties or fills the pipe cannot make kvmatrix wait.
 */
#include "sys/jobserver.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strlist.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Recipes and configure scripts redirect small numbers (exec 9>lock). */
#define LOWEST_FD 40

struct jobserver {
	unsigned slots; /* that belong into the pipe, taken ones included */
	int shared[2];	/* what makes get */
	int own[2];	/* the same pipe, non-blocking */
	int lender[2];	/* the pipe of the make that lends, non-blocking, or -1 */
	/* The bytes read from it: each goes back as it came. */
	char *borrowed;
	size_t nr_borrowed, alloc_borrowed;
};

static int move_up(int *fd)
{
	int high = fcntl(*fd, F_DUPFD_CLOEXEC, LOWEST_FD);

	if (high < 0)
		return -1;
	close(*fd);
	*fd = high;
	return 0;
}

static int reopen(int fd, int flags)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", fd);

	return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static int open_all(struct jobserver *js)
{
	if (pipe2(js->shared, O_CLOEXEC) || move_up(&js->shared[0]) ||
	    move_up(&js->shared[1]))
		return -1;
	js->own[0] = reopen(js->shared[0], O_RDONLY);
	js->own[1] = reopen(js->shared[1], O_WRONLY);
	return js->own[0] < 0 || js->own[1] < 0 ? -1 : 0;
}

static bool read_byte(int fd, char *c)
{
	ssize_t n;

	do
		n = read(fd, c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* A full pipe holds more tokens than anybody needs. There is always a reader,
 * ourselves, so no SIGPIPE. */
static bool write_byte(int fd, char c)
{
	ssize_t n;

	do
		n = write(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

static bool get_byte(struct jobserver *js)
{
	char c;

	return read_byte(js->own[0], &c);
}

static bool put_byte(struct jobserver *js)
{
	return write_byte(js->own[1], '+');
}

static bool borrow(struct jobserver *js)
{
	char c;

	if (js->slots == JOBSERVER_MAX || !read_byte(js->lender[0], &c))
		return false;
	GROW(js->borrowed, js->nr_borrowed, js->alloc_borrowed);
	js->borrowed[js->nr_borrowed++] = c;
	js->slots++;
	return true;
}

static void give_back(struct jobserver *js)
{
	write_byte(js->lender[1], js->borrowed[--js->nr_borrowed]);
	js->slots--;
}

static void give_back_all(struct jobserver *js)
{
	while (js->nr_borrowed)
		give_back(js);
}

static unsigned waiting_bytes(int fd)
{
	int n = 0;

	return fd < 0 || ioctl(fd, FIONREAD, &n) || n < 0 ? 0 : n;
}

static struct jobserver *alloc(unsigned slots)
{
	struct jobserver *js = xcalloc(1, sizeof(*js));

	*js = (struct jobserver){
		.slots = slots,
		.shared = { -1, -1 },
		.own = { -1, -1 },
		.lender = { -1, -1 },
	};
	return js;
}

struct jobserver *jobserver_new(unsigned slots, struct errbuf *err)
{
	struct jobserver *js;

	if (!slots || slots > JOBSERVER_MAX) {
		errbuf_set(err, "%u jobs: must be between 1 and %d", slots,
			   JOBSERVER_MAX);
		return NULL;
	}
	js = alloc(slots);
	if (open_all(js)) {
		errbuf_set(err, "jobserver pipe: %s", strerror(errno));
		jobserver_free(js);
		return NULL;
	}
	jobserver_refill(js);
	return js;
}

/*
 * The last offer in MAKEFLAGS: "3,4" or "fifo:PATH". The words end at "--", after
 * which variables of the command line follow. Owned, NULL: none.
 */
static char *find_offer(const char *makeflags)
{
	static const char *const options[] = { "--jobserver-auth=",
					       "--jobserver-fds=" };
	_cleanup_strlist_ struct strlist words = STRLIST_INIT;
	char *offer = NULL;

	strlist_split(&words, makeflags, " \t");
	strlist_each(w, &words) {
		if (!strcmp(w, "--"))
			break;
		for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
			if (!starts_with(w, options[i]))
				continue;
			free(offer);
			offer = xstrdup(w + strlen(options[i]));
		}
	}
	return offer;
}

/* The two ends of one pipe? The numbers may have been closed and used anew. */
static bool is_pipe(const int fds[2])
{
	struct stat r, w;
	int rmode = fcntl(fds[0], F_GETFL), wmode = fcntl(fds[1], F_GETFL);

	return rmode >= 0 && (rmode & O_ACCMODE) != O_WRONLY && wmode >= 0 &&
	       (wmode & O_ACCMODE) != O_RDONLY && !fstat(fds[0], &r) &&
	       !fstat(fds[1], &w) && S_ISFIFO(r.st_mode) &&
	       r.st_dev == w.st_dev && r.st_ino == w.st_ino;
}

static int open_fifo(struct jobserver *js, const char *path,
		     struct errbuf *err)
{
	js->lender[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (js->lender[0] >= 0)
		js->lender[1] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (js->lender[1] < 0)
		return errbuf_set(err, "make offers its job slots at %s: %s",
				  path, strerror(errno));
	if (!is_pipe(js->lender))
		return errbuf_set(err,
				  "make offers its job slots at %s, which is "
				  "not a fifo",
				  path);
	return 0;
}

static int open_lender(struct jobserver *js, const char *offer,
		       struct errbuf *err)
{
	int fds[2] = { -1, -1 }, end = 0;

	if (starts_with(offer, "fifo:"))
		return open_fifo(js, offer + strlen("fifo:"), err);
	/* make 4.4 writes "-2,-2" where it closes them. */
	if (sscanf(offer, "%d,%d%n", &fds[0], &fds[1], &end) != 2 || offer[end])
		return errbuf_set(err,
				  "make offers its job slots as \"%s\", which "
				  "this version does not understand",
				  offer);
	if (!is_pipe(fds))
		return errbuf_set(err, "make has job slots to share but has "
				       "closed them to this recipe: put a + "
				       "before its command");
	js->lender[0] = reopen(fds[0], O_RDONLY);
	js->lender[1] = reopen(fds[1], O_WRONLY);
	if (js->lender[0] < 0 || js->lender[1] < 0)
		return errbuf_set(err, "make's job slots: %s", strerror(errno));
	return 0;
}

struct jobserver *jobserver_from_env(const char *makeflags, struct errbuf *err)
{
	_cleanup_free_ char *offer = makeflags ? find_offer(makeflags) : NULL;
	struct jobserver *js;

	if (!offer)
		return NULL;
	js = alloc(1);
	if (open_lender(js, offer, err))
		goto fail;
	if (open_all(js)) {
		errbuf_set(err, "jobserver pipe: %s", strerror(errno));
		goto fail;
	}
	put_byte(js); /* the slot that every command of a recipe has */
	return js;
fail:
	jobserver_free(js);
	return NULL;
}

static void close_pair(const int fds[2])
{
	for (int i = 0; i < 2; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

void jobserver_free(struct jobserver *js)
{
	if (!js)
		return;
	give_back_all(js);
	close_pair(js->shared);
	close_pair(js->own);
	close_pair(js->lender);
	free(js->borrowed);
	free(js);
}

bool jobserver_is_borrowed(const struct jobserver *js)
{
	return js->lender[0] >= 0;
}

bool jobserver_take(struct jobserver *js)
{
	return get_byte(js) || (jobserver_is_borrowed(js) && borrow(js));
}

void jobserver_balance(struct jobserver *js, bool hungry)
{
	unsigned idle = waiting_bytes(js->own[0]);
	unsigned more = js->slots;

	if (!jobserver_is_borrowed(js))
		return;
	if (!idle && hungry)
		while (more-- && borrow(js))
			put_byte(js);
	/* One stays for whoever asks next; it comes from us anyway. */
	for (; idle > hungry && js->nr_borrowed && get_byte(js); idle--)
		give_back(js);
}

unsigned jobserver_idle(const struct jobserver *js)
{
	return waiting_bytes(js->own[0]) + waiting_bytes(js->lender[0]);
}

unsigned jobserver_slots(const struct jobserver *js)
{
	return js->slots + waiting_bytes(js->lender[0]);
}

void jobserver_give(struct jobserver *js)
{
	put_byte(js);
}

int jobserver_free_fd(const struct jobserver *js)
{
	return js->own[0];
}

void jobserver_fds(const struct jobserver *js, int fds[2])
{
	fds[0] = js->shared[0];
	fds[1] = js->shared[1];
}

char *jobserver_makeflags(const struct jobserver *js)
{
	/* The leading blank: no group of one-letter flags comes first. */
	return xasprintf(" -j --jobserver-auth=%d,%d", js->shared[0],
			 js->shared[1]);
}

int jobserver_refill(struct jobserver *js)
{
	int had = js->slots, found = 0;

	while (get_byte(js))
		found++;
	give_back_all(js);
	for (unsigned i = 0; i < js->slots; i++)
		put_byte(js);
	return had - found;
}
