/* Writes down what a process does to the files below a folder: each change with its bytes, and each time it waits for
 * the disk. The system does as it is told; what a power cut would have left is worked out afterwards (power.py).
 *
 *   POWER_ROOT=/folder POWER_TRACE=/file LD_PRELOAD=power.so command
 *
 * A record: operation, lengths of two names, offset, length of the data; the names; the data. It is written after the
 * system did it, and at once, so that those of several processes stand one behind the other.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct __attribute__((packed)) head { char what; uint32_t name, other; int64_t offset; uint64_t length; };

static const char *root;
static int trace = -1;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("POWER_TRACE");
    root = getenv("POWER_ROOT");
    if (root && file)
        trace = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static int below(const char *name) {
    return trace >= 0 && strncmp(name, root, strlen(root)) == 0;
}

static void note(char what, const char *name, const char *other, int64_t offset, const void *data, uint64_t length) {
    struct head head = {what, (uint32_t)strlen(name), (uint32_t)strlen(other), offset, length};
    struct iovec parts[4] = {{&head, sizeof head}, {(void *)name, head.name}, {(void *)other, head.other},
                             {(void *)data, data ? length : 0}};
    if (!data) head.length = 0;
    if (syscall(SYS_writev, trace, parts, 4) < 0) abort();
}

static int name_of(int handle, char *name) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    long length = syscall(SYS_readlinkat, AT_FDCWD, link, name, PATH_MAX - 1);
    if (length < 0) return 0;
    name[length] = 0;
    return below(name) && (length < 10 || strcmp(name + length - 10, " (deleted)"));
}

static int full(int folder, const char *path, char *name) {
    if (trace < 0) return 0;
    if (path[0] == '/' || folder == AT_FDCWD) snprintf(name, PATH_MAX, "%s", path);
    else {
        char parent[PATH_MAX];
        if (!name_of(folder, parent)) return 0;
        snprintf(name, PATH_MAX, "%s/%s", parent, path);
    }
    return below(name);
}

#define REAL(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

static int opened(int folder, const char *path, int flags, int existed, int handle) {
    char name[PATH_MAX];
    if (handle >= 0 && (flags & O_CREAT || flags & O_TRUNC) && full(folder, path, name)) {
        if (!existed) note('C', name, "", 0, NULL, 0);
        else if (flags & O_TRUNC) note('T', name, "", 0, NULL, 0);
    }
    return handle;
}

#define OPEN(function)                                                                                     \
    int function(const char *path, int flags, ...) {                                                       \
        REAL(function);                                                                                    \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more);             \
        int existed = !(flags & (O_CREAT | O_TRUNC)) || !syscall(SYS_faccessat, AT_FDCWD, path, F_OK);     \
        return opened(AT_FDCWD, path, flags, existed, real(path, flags, mode));                            \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(function)                                                                                   \
    int function(int folder, const char *path, int flags, ...) {                                           \
        REAL(function);                                                                                    \
        va_list more; va_start(more, flags); mode_t mode = va_arg(more, mode_t); va_end(more);             \
        int existed = !(flags & (O_CREAT | O_TRUNC)) || !syscall(SYS_faccessat, folder, path, F_OK);       \
        return opened(folder, path, flags, existed, real(folder, path, flags, mode));                      \
    }
OPENAT(openat)
OPENAT(openat64)

ssize_t write(int handle, const void *data, size_t length) {
    REAL(write);
    char name[PATH_MAX];
    ssize_t done = real(handle, data, length);
    if (done > 0 && name_of(handle, name))
        note('W', name, "", lseek(handle, 0, SEEK_CUR) - done, data, (uint64_t)done);
    return done;
}

#define PWRITE(function, type)                                                                             \
    ssize_t function(int handle, const void *data, size_t length, type offset) {                           \
        REAL(function);                                                                                    \
        char name[PATH_MAX];                                                                               \
        ssize_t done = real(handle, data, length, offset);                                                 \
        if (done > 0 && name_of(handle, name)) note('W', name, "", offset, data, (uint64_t)done);          \
        return done;                                                                                       \
    }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

#define CUT(function, type)                                                                                \
    int function(int handle, type length) {                                                                \
        REAL(function);                                                                                    \
        char name[PATH_MAX];                                                                               \
        int done = real(handle, length);                                                                   \
        if (!done && name_of(handle, name)) note('T', name, "", length, NULL, 0);                          \
        return done;                                                                                       \
    }
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

#define SYNC(function)                                                                                     \
    int function(int handle) {                                                                             \
        REAL(function);                                                                                    \
        char name[PATH_MAX];                                                                               \
        int done = real(handle);                                                                           \
        if (!done && name_of(handle, name)) note('S', name, "", 0, NULL, 0);                               \
        return done;                                                                                       \
    }
SYNC(fsync)
SYNC(fdatasync)

#define NAMED(what, folder, path)                                                                          \
    char name[PATH_MAX];                                                                                   \
    if (!done && full(folder, path, name)) note(what, name, "", 0, NULL, 0);                               \
    return done

int mkdir(const char *path, mode_t mode) { REAL(mkdir); int done = real(path, mode); NAMED('M', AT_FDCWD, path); }
int rmdir(const char *path) { REAL(rmdir); int done = real(path); NAMED('U', AT_FDCWD, path); }
int unlink(const char *path) { REAL(unlink); int done = real(path); NAMED('U', AT_FDCWD, path); }
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat); int done = real(folder, path, flags); NAMED('U', folder, path);
}

#define PAIR(what, from, to)                                                                               \
    char name[PATH_MAX], other[PATH_MAX];                                                                  \
    if (!done && full(AT_FDCWD, from, name) && full(AT_FDCWD, to, other)) note(what, name, other, 0, NULL, 0); \
    return done

int rename(const char *from, const char *to) { REAL(rename); int done = real(from, to); PAIR('R', from, to); }
int link(const char *from, const char *to) { REAL(link); int done = real(from, to); PAIR('L', from, to); }
int linkat(int a, const char *from, int b, const char *to, int flags) {
    REAL(linkat); int done = real(a, from, b, to, flags); PAIR('L', from, to);
}
