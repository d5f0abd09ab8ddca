/* LD_PRELOAD: the n-th call (of all processes together) that changes a file below FAULT_ROOT fails.
   FAULT_COUNTER is a file of eight bytes that they share; FAULT_STAYS: so do all calls after it that need room. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long *counter;
static long fail_at, fail_with, stays;
static const char *root;

__attribute__((constructor)) static void begin(void) {
  const char *name = getenv("FAULT_COUNTER");
  root = getenv("FAULT_ROOT");
  if (!name || !root) return;
  fail_at = atol(getenv("FAULT_AT"));
  fail_with = atol(getenv("FAULT_ERRNO"));
  stays = atol(getenv("FAULT_STAYS"));
  int fd = open(name, O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  void *place = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (place != MAP_FAILED) counter = place;
}

static int below(const char *path) {
  char full[PATH_MAX];
  if (path[0] != '/') {
    if (!getcwd(full, sizeof full)) return 0;
    path = full; /* what is named from here is here, near enough */
  }
  return strncmp(path, root, strlen(root)) == 0;
}

static int below_fd(int fd) {
  char name[64], path[PATH_MAX];
  snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(name, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return path[0] == '/' && below(path);
}

/* True when this call is to fail; errno is set. */
static int fails(int concerned, int needs_room) {
  if (!counter || !concerned) return 0;
  long number = __sync_add_and_fetch(counter, 1);
  if (!fail_at || number < fail_at || (number > fail_at && !(stays && needs_room))) return 0;
  if (stays && !needs_room) return 0; /* a full disk still renames and syncs */
  errno = (int)fail_with;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *data, size_t size) {
  return fails(below_fd(fd), 1) ? -1 : REAL(write)(fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  return fails(below_fd(fd), 1) ? -1 : REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
  return fails(below_fd(fd), 1) ? -1 : REAL(pwrite64)(fd, data, size, at);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  return fails(below_fd(fd), 1) ? -1 : REAL(writev)(fd, parts, count);
}
int fsync(int fd) { return fails(below_fd(fd), 0) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return fails(below_fd(fd), 0) ? -1 : REAL(fdatasync)(fd); }
int ftruncate(int fd, off_t size) { return fails(below_fd(fd), 0) ? -1 : REAL(ftruncate)(fd, size); }
int ftruncate64(int fd, off64_t size) { return fails(below_fd(fd), 0) ? -1 : REAL(ftruncate64)(fd, size); }
int rename(const char *from, const char *to) { return fails(below(to), 0) ? -1 : REAL(rename)(from, to); }
int renameat(int a, const char *from, int b, const char *to) {
  return fails(below(to), 0) ? -1 : REAL(renameat)(a, from, b, to);
}
int link(const char *from, const char *to) { return fails(below(to), 1) ? -1 : REAL(link)(from, to); }
int mkdir(const char *path, mode_t mode) { return fails(below(path), 1) ? -1 : REAL(mkdir)(path, mode); }

#define OPENS(name)                                                              \
  int name(const char *path, int flags, ...) {                                   \
    va_list rest;                                                                \
    va_start(rest, flags);                                                       \
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;    \
    va_end(rest);                                                                \
    if ((flags & O_CREAT) && fails(below(path), 1)) return -1;                   \
    return REAL(name)(path, flags, mode);                                        \
  }
OPENS(open)
OPENS(open64)
