// Files as a careful program uses them: every call's success or errno is printed.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *name_of(int error) {
    switch (error) {
    case 0: return "ok";
    case ENOENT: return "ENOENT";
    case EEXIST: return "EEXIST";
    case ENOTDIR: return "ENOTDIR";
    case EISDIR: return "EISDIR";
    case ENOTEMPTY: return "ENOTEMPTY";
    case EBADF: return "EBADF";
    case EINVAL: return "EINVAL";
    case ELOOP: return "ELOOP";
    case EPERM: return "EPERM";
    case ENOTCAPABLE: return "ENOTCAPABLE";
    case ESPIPE: return "ESPIPE";
    case EACCES: return "EACCES";
    case EROFS: return "EROFS";
    default: return strerror(error);
    }
}

// Prints what was tried, its result, or the errno.
#define TRY(call)                                                                   \
    do {                                                                            \
        errno = 0;                                                                  \
        long long result = (long long)(call);                                       \
        if (result < 0) printf("%-52s %s\n", #call, name_of(errno));                \
        else printf("%-52s %lld\n", #call, result);                                 \
    } while (0)

static int open_ok(const char *path, int flags) {
    int fd = open(path, flags, 0666);
    if (fd < 0) printf("open %s: %s\n", path, name_of(errno));
    return fd < 0 ? -1 : fd;
}
static int opens(const char *path, int flags) {
    int fd = open(path, flags, 0666);
    if (fd < 0) return -1;
    close(fd);
    return 0;
}

int main(void) {
    if (chdir("/d")) return perror("/d"), 1;
    char buffer[64] = {0};
    TRY(opens("/d/none", O_RDONLY));
    TRY(mkdir("/d/a", 0777));
    TRY(mkdir("/d/a", 0777));
    TRY(mkdir("/d/x/y", 0777));
    int fd = open_ok("/d/a/f", O_RDWR | O_CREAT | O_EXCL);
    TRY(opens("/d/a/f", O_RDWR | O_CREAT | O_EXCL));
    TRY(opens("/d/a/f/g", O_RDONLY));
    TRY(opens("/d/a", O_WRONLY));
    TRY(opens("/d/a/f", O_RDONLY | O_DIRECTORY));
    TRY(write(fd, "hello, world", 12));
    TRY(lseek(fd, 7, SEEK_SET));
    TRY(read(fd, buffer, 5));
    printf("read %s\n", buffer);
    TRY(lseek(fd, -100, SEEK_SET));
    TRY(lseek(fd, -2, SEEK_END));
    TRY(pwrite(fd, "J", 1, 0));
    TRY(pread(fd, buffer, 3, 0));
    printf("pread %.3s\n", buffer);
    TRY(ftruncate(fd, 5));
    struct stat st;
    TRY(fstat(fd, &st));
    printf("size %lld regular %d\n", (long long)st.st_size, S_ISREG(st.st_mode));
    TRY(ftruncate(fd, 100));
    TRY(lseek(fd, 0, SEEK_END));
    TRY(read(fd, buffer, 10));
    TRY(close(fd));
    TRY(close(fd));
    TRY(read(fd, buffer, 1));
    TRY(write(99, "x", 1));
    int append = open_ok("/d/a/log", O_WRONLY | O_CREAT | O_APPEND);
    TRY(write(append, "one\n", 4));
    TRY(lseek(append, 0, SEEK_SET));
    TRY(write(append, "two\n", 4));
    TRY(read(append, buffer, 1));
    TRY(close(append));
    TRY(rename("/d/a/log", "/d/a/log2"));
    TRY(rename("/d/a/log", "/d/a/log3"));
    TRY(symlink("log2", "/d/a/link"));
    TRY(readlink("/d/a/link", buffer, sizeof buffer));
    printf("link %.4s\n", buffer);
    TRY(readlink("/d/a/f", buffer, sizeof buffer));
    TRY(stat("/d/a/link", &st));
    printf("size %lld\n", (long long)st.st_size);
    TRY(lstat("/d/a/link", &st));
    printf("is link %d\n", S_ISLNK(st.st_mode));
    TRY(opens("/d/a/link", O_RDONLY | O_NOFOLLOW));
    TRY(symlink("loop", "/d/loop"));
    TRY(opens("/d/loop", O_RDONLY));
    TRY(symlink("/etc/passwd", "/d/absolute"));
    TRY(symlink("../../../etc/passwd", "/d/a/out"));
    TRY(opens("/d/a/out", O_RDONLY));
    TRY(opens("/d/../etc/passwd", O_RDONLY));
    TRY(opens("/etc/passwd", O_RDONLY));
    TRY(unlink("/d/absolute"));
    TRY(unlink("/d/a/out"));
    TRY(link("/d/a/f", "/d/hard"));
    TRY(stat("/d/hard", &st));
    printf("links %d\n", (int)st.st_nlink);
    TRY(unlink("/d/loop"));
    TRY(unlink("/d/hard"));
    TRY(unlink("/d/none"));
    TRY(rmdir("/d/a"));
    TRY(rmdir("/d/a/f"));
    TRY(unlink("/d/a/f"));
    TRY(unlink("/d/a/link"));
    DIR *dir = opendir("/d/a");
    int seen = 0;
    for (struct dirent *e; dir && (e = readdir(dir));) seen += e->d_name[0] != '.';
    printf("entries %d\n", seen);
    if (dir) closedir(dir);
    TRY(rmdir("/d/a"));
    TRY(unlink("/d/a/log2"));
    TRY(rmdir("/d/a"));
    TRY(access("/d/a", F_OK));
    for (int i = 0; i < 300; i++) {
        snprintf(buffer, sizeof buffer, "/d/file-with-a-long-name-%d", i);
        int each = open_ok(buffer, O_CREAT | O_WRONLY);
        close(each);
    }
    dir = opendir("/d");
    seen = 0;
    for (struct dirent *e; (e = readdir(dir));) seen += e->d_name[0] == 'f';
    printf("many %d\n", seen);
    rewinddir(dir);
    long middle = 0;
    seen = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (seen++ == 150) middle = telldir(dir);
    }
    seekdir(dir, middle);
    int rest = 0;
    while (readdir(dir)) rest++;
    printf("up to the middle %d\n", seen - rest);
    closedir(dir);
    return 0;
}
