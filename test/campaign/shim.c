// A disk that fails when told to: LD_PRELOAD for the campaigns (shim.ts compiles and drives it).
//
// SHIM_CONTROL names a file that is mapped; the driver writes into it, and the process sees it at the next call:
//
//   operation:32  skip:i32  count:i32  value:i32  seen:i32  hits:i32  match:128
//
//   operation  write, fsync    fail with errno `value`
//              short           a write takes half of its bytes and says so
//              slow            fsync takes `value` ms
//              kill            SIGKILL before the call, whichever it is
//   skip, count  let so many calls pass, then so many calls are hit (-1: all of them)
//   match      only files whose path contains this text
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct control {
  char operation[32];
  int skip, count, value, seen, hits;
  char match[128];
};

static volatile struct control *control;

__attribute__((constructor)) static void map_control(void) {
  const char *path = getenv("SHIM_CONTROL");
  int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(0, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) control = at;
  close(fd);
}

static int is_ours(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, (const char *)control->match) != 0;
}

// True when this call, of this kind, is one to fail.
static int is_hit(int fd, const char *kind) {
  if (!control || !control->operation[0]) return 0;
  const char *wanted = (const char *)control->operation;
  int kills = !strcmp(wanted, "kill");
  if (!kills && strcmp(wanted, kind)) return 0;
  if (!is_ours(fd)) return 0;
  int seen = __sync_fetch_and_add((int *)&control->seen, 1);
  if (seen < control->skip || (control->count >= 0 && seen >= control->skip + control->count)) return 0;
  __sync_fetch_and_add((int *)&control->hits, 1);
  if (kills) kill(getpid(), SIGKILL);
  return 1;
}

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

static int sync_fails(int fd) {
  if (is_hit(fd, "slow")) {
    struct timespec pause = {control->value / 1000, control->value % 1000 * 1000000L};
    nanosleep(&pause, 0);
  }
  if (!is_hit(fd, "fsync")) return 0;
  errno = control->value;
  return 1;
}

int fsync(int fd) { return sync_fails(fd) ? -1 : REAL(fsync)(fd); }
int fdatasync(int fd) { return sync_fails(fd) ? -1 : REAL(fdatasync)(fd); }

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  if (is_hit(fd, "write")) {
    errno = control->value;
    return -1;
  }
  return REAL(pwrite64)(fd, bytes, is_hit(fd, "short") ? (length + 1) / 2 : length, at);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { return pwrite64(fd, bytes, length, at); }

ssize_t write(int fd, const void *bytes, size_t length) {
  if (is_hit(fd, "write")) {
    errno = control->value;
    return -1;
  }
  return REAL(write)(fd, bytes, length);
}

int ftruncate64(int fd, off64_t length) {
  if (is_hit(fd, "write")) {
    errno = control->value;
    return -1;
  }
  return REAL(ftruncate64)(fd, length);
}
int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }
