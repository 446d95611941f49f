/*
 * Put before libc with LD_PRELOAD, writes down in which order a process hands rows to the disk, waits for the disk, and
 * answers on its sockets. One line each, appended to the file that SYNC_ORDER_LOG names:
 *   row MARKER    a page with the marker was written to a SQLite WAL (after the write)
 *   sync-begins   fsync or fdatasync of a WAL
 *   sync-ends     the same, and it succeeded
 *   sync-fails    the same, and it failed
 *   answer MARKER the start of a 200 answer with the marker goes to a socket (before the write)
 * A marker is "durability-" and six digits. While the file that SYNC_ORDER_FAIL names exists, every sync of a WAL fails with EIO.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define MARKER "durability-"
#define MARKER_LENGTH (sizeof(MARKER) - 1 + 6)

/* O_APPEND: each line is one write, so that lines of several threads come one after the other, in the order of the calls. */
static void note(const char *what, const char *marker) {
  static int log_file = -2;
  if (log_file == -2) {
    const char *path = getenv("SYNC_ORDER_LOG");
    log_file = path == NULL ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  }
  if (log_file < 0) return;
  char line[64];
  int length = marker == NULL ? snprintf(line, sizeof line, "%s\n", what)
                              : snprintf(line, sizeof line, "%s %.*s\n", what, (int)MARKER_LENGTH, marker);
  syscall(SYS_write, log_file, line, (size_t)length);
}

static void note_markers(const char *what, const void *bytes, size_t length) {
  const char *at = bytes;
  const char *end = at + length;
  while (at < end && (at = memmem(at, (size_t)(end - at), MARKER, sizeof(MARKER) - 1)) != NULL) {
    if ((size_t)(end - at) >= MARKER_LENGTH) note(what, at);
    at += sizeof(MARKER) - 1;
  }
}

static int is_wal(int file) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path);
  return length > 4 && memcmp(path + length - 4, "-wal", 4) == 0;
}

static int is_socket(int file) {
  struct stat status;
  return fstat(file, &status) == 0 && S_ISSOCK(status.st_mode);
}

static void note_answer(int file, const void *bytes, size_t length) {
  if (length > 12 && memcmp(bytes, "HTTP/1.1 200", 12) == 0 && is_socket(file)) note_markers("answer", bytes, length);
}

static void note_answers(int file, const struct iovec *parts, size_t count) {
  if (count == 0 || parts[0].iov_len <= 12 || memcmp(parts[0].iov_base, "HTTP/1.1 200", 12) != 0 || !is_socket(file)) return;
  for (size_t i = 0; i < count; i += 1) note_markers("answer", parts[i].iov_base, parts[i].iov_len);
}

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) {
  ssize_t written = syscall(SYS_pwrite64, file, bytes, length, at);
  if (written > 0 && memmem(bytes, length, MARKER, sizeof(MARKER) - 1) != NULL && is_wal(file)) note_markers("row", bytes, (size_t)written);
  return written;
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) { return pwrite64(file, bytes, length, at); }

ssize_t write(int file, const void *bytes, size_t length) {
  note_answer(file, bytes, length);
  return syscall(SYS_write, file, bytes, length);
}

ssize_t writev(int file, const struct iovec *parts, int count) {
  note_answers(file, parts, count < 0 ? 0 : (size_t)count);
  return syscall(SYS_writev, file, parts, count);
}

ssize_t sendmsg(int file, const struct msghdr *message, int flags) {
  note_answers(file, message->msg_iov, message->msg_iovlen);
  return syscall(SYS_sendmsg, file, message, flags);
}

ssize_t send(int file, const void *bytes, size_t length, int flags) {
  note_answer(file, bytes, length);
  return syscall(SYS_sendto, file, bytes, length, flags, NULL, 0);
}

static int sync_file(long call, int file) {
  if (!is_wal(file)) return (int)syscall(call, file);
  note("sync-begins", NULL);
  const char *fail = getenv("SYNC_ORDER_FAIL");
  if (fail != NULL && access(fail, F_OK) == 0) {
    note("sync-fails", NULL);
    errno = EIO;
    return -1;
  }
  int result = (int)syscall(call, file);
  note(result == 0 ? "sync-ends" : "sync-fails", NULL);
  return result;
}

int fdatasync(int file) { return sync_file(SYS_fdatasync, file); }

int fsync(int file) { return sync_file(SYS_fsync, file); }
