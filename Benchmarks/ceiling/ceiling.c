/*
 * The ceiling: what a plain C program on hiredis reaches with the entries that BusKit writes. BusKit is measured
 * against it in the same run, with the same Redis settings.
 *
 *   ceiling throughput SOCKET MESSAGES BYTES   publish -> consume -> acknowledge, two processes
 *   ceiling overlapped SOCKET MESSAGES BYTES   the same; XACK travels with the next XREADGROUP
 *   ceiling latency    SOCKET MESSAGES BYTES   one message at a time: XADD -> an XREADGROUP that blocks elsewhere
 *
 * Prints one line of JSON. Redis' stream "bench:ceiling" is made anew and removed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STREAM "bench:ceiling"
#define GROUP "bench"
#define PIPELINE 256
#define COUNT 256
#define BYTES_MAX 262144
#define MESSAGES_MAX 100000000L
#define FIELDS 12
#define WORDS (3 + 2 * FIELDS)

/* The field list of an entry: the names and, for those that are the same on every message, the values. */
static const char *const names[FIELDS] = {
    "id", "type", "ver", "key", "ts", "ttl", "cor", "cau", "tp", "rt", "ct", "body"};

static void die(const char *what, const char *why) {
  fprintf(stderr, "ceiling: %s: %s\n", what, why);
  exit(1);
}

/* Nanoseconds of a clock that all processes share. */
static int64_t now_ns(void) {
  struct timespec t;
  if (clock_gettime(CLOCK_MONOTONIC, &t) != 0) die("clock", strerror(errno));
  return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static redisContext *connect_to(const char *path) {
  redisContext *redis = redisConnectUnix(path);
  if (redis == NULL || redis->err) die(path, redis ? redis->errstr : "out of memory");
  return redis;
}

/* The next reply; an error reply ends the program. */
static redisReply *next(redisContext *redis) {
  void *reply = NULL;
  if (redisGetReply(redis, &reply) != REDIS_OK) die("connection", redis->errstr);
  redisReply *answer = reply;
  if (answer->type == REDIS_REPLY_ERROR) die("redis", answer->str);
  return answer;
}

static void run(redisContext *redis, const char *command) {
  redisAppendCommand(redis, command);
  freeReplyObject(next(redis));
}

/* ------------------------------------------------------------------ producer */

struct message {
  const char *words[WORDS];
  size_t lengths[WORDS];
  char id[37], key[16], ts[24];
  char *body;
};

static void set(struct message *m, int word, const char *text) {
  m->words[word] = text;
  m->lengths[word] = strlen(text);
}

static void prepare(struct message *m, long bytes) {
  static const char *const values[FIELDS] = {
      NULL, "bench.item", "1", NULL, NULL, "", NULL, "", "", "", "application/json", NULL};
  set(m, 0, "XADD");
  set(m, 1, STREAM);
  set(m, 2, "*");
  for (int i = 0; i < FIELDS; i++) {
    set(m, 3 + 2 * i, names[i]);
    if (values[i]) set(m, 4 + 2 * i, values[i]);
  }
  m->body = malloc((size_t)bytes + 1);
  if (m->body == NULL) die("body", "out of memory");
  memset(m->body, 'x', (size_t)bytes);
  m->body[bytes] = 0;
}

/* `sent_ns` stands where BusKit has milliseconds: the consumer of `latency` reads it. */
static void append(redisContext *redis, struct message *m, long number, int64_t sent_ns) {
  snprintf(m->id, sizeof m->id, "01930000-0000-7000-8000-%012lx", number);
  snprintf(m->key, sizeof m->key, "%ld", number % 10000);
  snprintf(m->ts, sizeof m->ts, "%lld", (long long)sent_ns);
  set(m, 4, m->id);
  set(m, 10, m->key);
  set(m, 12, m->ts);
  set(m, 16, m->id);
  set(m, 26, m->body);
  redisAppendCommandArgv(redis, WORDS, m->words, m->lengths);
}

static void produce(const char *path, long messages, long bytes) {
  redisContext *redis = connect_to(path);
  struct message m;
  prepare(&m, bytes);
  for (long sent = 0; sent < messages;) {
    long batch = messages - sent < PIPELINE ? messages - sent : PIPELINE;
    int64_t at = now_ns();
    for (long i = 0; i < batch; i++) append(redis, &m, sent + i, at);
    for (long i = 0; i < batch; i++) freeReplyObject(next(redis));
    sent += batch;
  }
  free(m.body);
  redisFree(redis);
}

/* ------------------------------------------------------------------ consumer */

/* Entries of an answer to XREADGROUP on one stream; NULL when the wait was in vain. */
static redisReply *entries_of(redisReply *reply) {
  if (reply->type == REDIS_REPLY_NIL) return NULL;
  if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 1 || reply->element[0]->elements != 2)
    die("XREADGROUP", "an answer of another form");
  return reply->element[0]->element[1];
}

/* The entry's fields, after a look at what the producer promised. */
static redisReply *fields_of(redisReply *entry, long bytes) {
  if (entry->elements != 2 || entry->element[1]->elements != 2 * FIELDS) die("entry", "other fields than were sent");
  redisReply *fields = entry->element[1];
  if (fields->element[2 * FIELDS - 1]->len != (size_t)bytes) die("body", "another length than was sent");
  return fields;
}

static void append_read(redisContext *redis) {
  static const char *words[] = {
      "XREADGROUP", "GROUP", GROUP, "one", "COUNT", NULL, "BLOCK", "5000", "STREAMS", STREAM, ">"};
  static char count[8];
  snprintf(count, sizeof count, "%d", COUNT);
  words[5] = count;
  redisAppendCommandArgv(redis, sizeof words / sizeof *words, words, NULL);
}

static void append_ack(redisContext *redis, redisReply *entries) {
  const char *words[3 + COUNT] = {"XACK", STREAM, GROUP};
  size_t lengths[3 + COUNT] = {4, sizeof STREAM - 1, sizeof GROUP - 1};
  for (size_t i = 0; i < entries->elements; i++) {
    words[3 + i] = entries->element[i]->element[0]->str;
    lengths[3 + i] = entries->element[i]->element[0]->len;
  }
  redisAppendCommandArgv(redis, (int)(3 + entries->elements), words, lengths);
}

/* Handles everything; `latencies`, if given, gets the nanoseconds from sending to here. */
static void consume(redisContext *redis, long messages, long bytes, int overlapped, int64_t *latencies) {
  long seen = 0;
  append_read(redis);
  while (seen < messages) {
    redisReply *reply = next(redis);
    redisReply *entries = entries_of(reply);
    if (entries == NULL) die("consumer", "nothing came for 5 s");
    int64_t at = now_ns();
    for (size_t i = 0; i < entries->elements; i++, seen++) {
      redisReply *fields = fields_of(entries->element[i], bytes);
      if (latencies) latencies[seen] = at - strtoll(fields->element[9]->str, NULL, 10);
    }
    append_ack(redis, entries);
    if (overlapped && seen < messages) append_read(redis);
    freeReplyObject(next(redis));
    if (!overlapped && seen < messages) append_read(redis);
    freeReplyObject(reply);
  }
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static void wait_for_child(pid_t child) {
  int status = 0;
  if (waitpid(child, &status, 0) < 0 || status != 0) die("producer", "ended with an error");
}

static void measure_throughput(const char *path, long messages, long bytes, int overlapped) {
  redisContext *redis = connect_to(path);
  /* The child starts when the consumer is connected; it sends its start. */
  int pipes[2];
  if (pipe(pipes) != 0) die("pipe", strerror(errno));
  pid_t child = fork();
  if (child < 0) die("fork", strerror(errno));
  if (child == 0) {
    int64_t start = now_ns();
    if (write(pipes[1], &start, sizeof start) != sizeof start) die("pipe", strerror(errno));
    produce(path, messages, bytes);
    _exit(0);
  }
  consume(redis, messages, bytes, overlapped, NULL);
  int64_t end = now_ns(), start = 0;
  if (read(pipes[0], &start, sizeof start) != sizeof start) die("pipe", "the producer did not start");
  wait_for_child(child);
  double seconds = (double)(end - start) / 1e9;
  printf("{\"messages\": %ld, \"seconds\": %.3f, \"per_second\": %.0f}\n", messages, seconds,
         (double)messages / seconds);
  run(redis, "UNLINK " STREAM);
  redisFree(redis);
}

static void measure_latency(const char *path, long messages, long bytes) {
  redisContext *redis = connect_to(path);
  int64_t *latencies = calloc((size_t)messages, sizeof *latencies);
  if (latencies == NULL) die("latencies", "out of memory");
  pid_t child = fork();
  if (child < 0) die("fork", strerror(errno));
  if (child == 0) {
    redisContext *producer = connect_to(path);
    struct message m;
    prepare(&m, bytes);
    for (long i = 0; i < messages; i++) {
      /* A pause, so that the consumer has acknowledged and waits again. */
      usleep(1000);
      append(producer, &m, i, now_ns());
      freeReplyObject(next(producer));
    }
    _exit(0);
  }
  consume(redis, messages, bytes, 0, latencies);
  wait_for_child(child);
  qsort(latencies, (size_t)messages, sizeof *latencies, compare);
  printf("{\"messages\": %ld, \"p50_ms\": %.3f, \"p99_ms\": %.3f}\n", messages, (double)latencies[messages / 2] / 1e6,
         (double)latencies[messages * 99 / 100] / 1e6);
  free(latencies);
  run(redis, "UNLINK " STREAM);
  redisFree(redis);
}

static long number(const char *text, long max) {
  char *end = NULL;
  long value = strtol(text, &end, 10);
  if (*text == 0 || *end != 0 || value < 1 || value > max) die(text, "not a number in the range allowed");
  return value;
}

int main(int argc, char **argv) {
  if (argc != 5) die("usage", "ceiling throughput|overlapped|latency SOCKET MESSAGES BYTES");
  long messages = number(argv[3], MESSAGES_MAX), bytes = number(argv[4], BYTES_MAX);
  redisContext *redis = connect_to(argv[2]);
  run(redis, "UNLINK " STREAM);
  run(redis, "XGROUP CREATE " STREAM " " GROUP " 0 MKSTREAM");
  redisFree(redis);
  if (strcmp(argv[1], "throughput") == 0) measure_throughput(argv[2], messages, bytes, 0);
  else if (strcmp(argv[1], "overlapped") == 0) measure_throughput(argv[2], messages, bytes, 1);
  else if (strcmp(argv[1], "latency") == 0) measure_latency(argv[2], messages, bytes);
  else die(argv[1], "is not one of throughput, overlapped, latency");
  return 0;
}
