// Replies as flat tables: hiredis reads the protocol and calls the functions below instead of making an object for
// every element. An array's elements follow it; a table of a thousand stream entries is two blocks of memory.
#ifndef REDIS_TABLE_H
#define REDIS_TABLE_H
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  // REDIS_REPLY_STRING, _ARRAY, _INTEGER, _NIL, _STATUS or _ERROR
  int32_t kind;
  // Bytes of a text, elements of an array.
  int32_t count;
  // Where a text begins in `bytes`; the value of an integer.
  int64_t value;
} redisTableToken;

typedef struct {
  char *bytes;
  size_t byteCount, byteCapacity;
  redisTableToken *tokens;
  size_t tokenCount, tokenCapacity;
} redisTable;

// 1, or 0 without memory: the reader then reports REDIS_ERR_OOM.
static inline int redisTableRoom(void **block, size_t *capacity, size_t needed, size_t size) {
  if (needed <= *capacity) return 1;
  size_t wanted = *capacity ? *capacity : 256;
  while (wanted < needed) wanted *= 2;
  void *grown = realloc(*block, wanted * size);
  if (grown == NULL) return 0;
  *block = grown;
  *capacity = wanted;
  return 1;
}

static inline void *redisTablePush(const redisReadTask *task, int32_t kind, int32_t count, int64_t value) {
  redisTable *table = (redisTable *)task->privdata;
  if (!redisTableRoom((void **)&table->tokens, &table->tokenCapacity, table->tokenCount + 1, sizeof(redisTableToken)))
    return NULL;
  redisTableToken token = {kind, count, value};
  table->tokens[table->tokenCount++] = token;
  return table;
}

static inline void *redisTableString(const redisReadTask *task, char *text, size_t length) {
  redisTable *table = (redisTable *)task->privdata;
  if (length > INT32_MAX || !redisTableRoom((void **)&table->bytes, &table->byteCapacity, table->byteCount + length, 1))
    return NULL;
  memcpy(table->bytes + table->byteCount, text, length);
  int64_t start = (int64_t)table->byteCount;
  table->byteCount += length;
  return redisTablePush(task, task->type, (int32_t)length, start);
}

#if HIREDIS_MAJOR >= 1
static inline void *redisTableArray(const redisReadTask *task, size_t count) {
  if (count > INT32_MAX) return NULL;
  return redisTablePush(task, REDIS_REPLY_ARRAY, (int32_t)count, 0);
}
#else
static inline void *redisTableArray(const redisReadTask *task, int count) {
  return redisTablePush(task, REDIS_REPLY_ARRAY, count, 0);
}
#endif

static inline void *redisTableInteger(const redisReadTask *task, long long value) {
  return redisTablePush(task, REDIS_REPLY_INTEGER, 0, value);
}

static inline void *redisTableNil(const redisReadTask *task) { return redisTablePush(task, REDIS_REPLY_NIL, 0, 0); }

// The table outlives its replies.
static inline void redisTableKeep(void *reply) { (void)reply; }

// What the reader of a connection fills from here on. `functions` must live as long as the reader.
static inline void redisTableAttach(redisReader *reader, redisTable *table, redisReplyObjectFunctions *functions) {
  memset(functions, 0, sizeof *functions);
  functions->createString = redisTableString;
  functions->createArray = redisTableArray;
  functions->createInteger = redisTableInteger;
  functions->createNil = redisTableNil;
  functions->freeObject = redisTableKeep;
  reader->fn = functions;
  reader->privdata = table;
}

// Forgets the replies and keeps the memory, unless it is more than `bytesMax`.
static inline void redisTableReset(redisTable *table, size_t bytesMax) {
  if (table->byteCapacity > bytesMax) {
    free(table->bytes);
    table->bytes = NULL;
    table->byteCapacity = 0;
  }
  if (table->tokenCapacity * sizeof(redisTableToken) > bytesMax) {
    free(table->tokens);
    table->tokens = NULL;
    table->tokenCapacity = 0;
  }
  table->byteCount = table->tokenCount = 0;
}

static inline void redisTableFree(redisTable *table) {
  free(table->bytes);
  free(table->tokens);
  memset(table, 0, sizeof *table);
}
#endif
