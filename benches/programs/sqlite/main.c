/* SQLite, in memory: rows inserted, joined, grouped, updated, deleted. It has no file system here, so that both builds
   do the same. */
#include "../bench.h"
#include "sqlite3.h"

static int no_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out) { return SQLITE_CANTOPEN; }
static int no_delete(sqlite3_vfs *vfs, const char *name, int sync) { return SQLITE_IOERR_DELETE; }
static int no_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
    *out = 0;
    return SQLITE_OK;
}
static int same_path(sqlite3_vfs *vfs, const char *name, int length, char *out) {
    snprintf(out, (size_t)length, "%s", name);
    return SQLITE_OK;
}
static int same_bytes(sqlite3_vfs *vfs, int length, char *out) {
    memset(out, 7, (size_t)length);
    return length;
}
static int no_sleep(sqlite3_vfs *vfs, int microseconds) { return microseconds; }
static int same_time(sqlite3_vfs *vfs, double *out) {
    *out = 2460000.5;
    return SQLITE_OK;
}

int sqlite3_os_init(void) {
    static sqlite3_vfs vfs = {.iVersion = 1, .szOsFile = sizeof(sqlite3_file), .mxPathname = 64, .zName = "none",
                              .xOpen = no_file, .xDelete = no_delete, .xAccess = no_access, .xFullPathname = same_path,
                              .xRandomness = same_bytes, .xSleep = no_sleep, .xCurrentTime = same_time};
    return sqlite3_vfs_register(&vfs, 1);
}
int sqlite3_os_end(void) { return SQLITE_OK; }

static void check(sqlite3 *db, int status) {
    if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE) return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

static uint64_t query(sqlite3 *db, uint64_t sum, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, 0));
    int status;
    while ((status = sqlite3_step(statement)) == SQLITE_ROW)
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const unsigned char *text = sqlite3_column_text(statement, i);
            sum = mix(sum, text, text ? (size_t)sqlite3_column_bytes(statement, i) : 0);
        }
    check(db, status);
    sqlite3_finalize(statement);
    return sum;
}

static uint64_t work(sqlite3 *db, int round) {
    check(db, sqlite3_exec(db,
        "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, city INTEGER, age INTEGER, score REAL);"
        "CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE INDEX person_city ON person(city, age);"
        "CREATE INDEX person_name ON person(name);", 0, 0, 0));
    sqlite3_stmt *insert;
    check(db, sqlite3_exec(db, "BEGIN", 0, 0, 0));
    check(db, sqlite3_prepare_v2(db, "INSERT INTO person(name, city, age, score) VALUES(?1, ?2, ?3, ?4)", -1, &insert, 0));
    uint32_t state = (uint32_t)round + 1;
    for (int i = 0; i < 6000; i++) {
        char name[32];
        uint32_t random = next_random(&state);
        int length = snprintf(name, sizeof name, "person %x", random & 0xffff);
        sqlite3_bind_text(insert, 1, name, length, SQLITE_TRANSIENT);
        sqlite3_bind_int(insert, 2, (int)(random % 50));
        sqlite3_bind_int(insert, 3, (int)(random >> 8) % 90);
        sqlite3_bind_double(insert, 4, (double)(random >> 16) / 64);
        check(db, sqlite3_step(insert));
        sqlite3_reset(insert);
    }
    sqlite3_finalize(insert);
    check(db, sqlite3_exec(db, "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) "
                               "INSERT INTO city SELECT i, 'city ' || i || upper(hex(i * 77)) FROM n; COMMIT", 0, 0, 0));
    uint64_t sum = MIX_START;
    sum = query(db, sum, "SELECT city.name, count(*), avg(age), max(score) FROM person JOIN city ON city.id = person.city GROUP BY city.id ORDER BY 2 DESC, 1");
    sum = query(db, sum, "SELECT name, age FROM person WHERE name LIKE 'person 1%' AND age > 30 ORDER BY age, name LIMIT 200");
    sum = query(db, sum, "SELECT a.id, b.id FROM person a JOIN person b ON a.city = b.city AND a.age = b.age AND a.id < b.id WHERE a.score > 700");
    sum = query(db, sum, "SELECT substr(name, 8, 2) AS start, count(*), sum(length(name)), group_concat(age) FROM person GROUP BY start ORDER BY start");
    check(db, sqlite3_exec(db, "UPDATE person SET score = score * 1.5 + age, name = name || '!' WHERE city % 3 = 1;"
                               "DELETE FROM person WHERE id % 7 = 3;", 0, 0, 0));
    sum = query(db, sum, "SELECT count(*), sum(score), min(name), max(name) FROM person");
    sum = query(db, sum, "SELECT city, age, rank() OVER (PARTITION BY city ORDER BY score DESC) FROM person WHERE city < 10");
    check(db, sqlite3_exec(db, "DROP TABLE person; DROP TABLE city", 0, 0, 0));
    return sum;
}

int main(int argc, char **argv) {
    sqlite3 *db;
    check(0, sqlite3_initialize());
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) check(db, SQLITE_ERROR);
    uint64_t sum = MIX_START;
    for (int rounds = size_argument(argc, argv, 1); rounds > 0; rounds--) {
        uint64_t found = work(db, rounds);
        sum = mix(sum, &found, sizeof found);
    }
    sqlite3_close(db);
    return print_checksum(sum);
}
