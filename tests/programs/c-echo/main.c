// A TCP server on an inherited listening socket: answers `up`, `add` and `sum` requests line by line, one connection after
// another, until told to stop. Everything else is echoed.
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(int fd, const char *data, size_t length) {
    while (length) {
        ssize_t sent = send(fd, data, length, 0);
        if (sent < 0) {
            if (errno == EAGAIN || errno == EINTR) continue;
            return -1;
        }
        data += sent, length -= (size_t)sent;
    }
    return 0;
}

// Answers one line; returns whether the server goes on.
static int answer(int fd, char *line, long *total) {
    char reply[300];
    if (!strncmp(line, "up ", 3)) {
        for (char *c = line; *c; c++) *c = (char)toupper((unsigned char)*c);
        snprintf(reply, sizeof reply, "%s\n", line + 3);
    } else if (!strncmp(line, "add ", 4)) {
        *total += atol(line + 4);
        snprintf(reply, sizeof reply, "%ld\n", *total);
    } else if (!strcmp(line, "stop")) {
        send_all(fd, "bye\n", 4);
        return 0;
    } else {
        snprintf(reply, sizeof reply, "echo %s\n", line);
    }
    send_all(fd, reply, strlen(reply));
    return 1;
}

int main(void) {
    int listener = 3, running = 1, connections = 0;
    while (running) {
        struct pollfd ready = {.fd = listener, .events = POLLIN};
        if (poll(&ready, 1, 10000) != 1) return fprintf(stderr, "poll: %s\n", strerror(errno)), 1;
        int fd = accept(listener, NULL, NULL);
        if (fd < 0) return fprintf(stderr, "accept: %s\n", strerror(errno)), 1;
        connections++;
        char buffer[4096];
        size_t used = 0, bytes = 0;
        long total = 0;
        for (;;) {
            ssize_t got = recv(fd, buffer + used, sizeof buffer - used - 1, 0);
            if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (got <= 0) break;
            used += (size_t)got, bytes += (size_t)got;
            char *start = buffer, *end;
            while (running && (end = memchr(start, '\n', used - (size_t)(start - buffer)))) {
                *end = 0;
                running = answer(fd, start, &total);
                start = end + 1;
            }
            used -= (size_t)(start - buffer);
            memmove(buffer, start, used);
            if (!running || used == sizeof buffer - 1) break;
        }
        printf("connection %d: %zu bytes, total %ld\n", connections, bytes, total);
        shutdown(fd, SHUT_RDWR);
        close(fd);
    }
    printf("%d connections\n", connections);
    return 0;
}
