// Lets a program see a wrong time of day: preloaded, with CLOCK_OFFSET_SECONDS in its environment.
//
// Only the time of day is wrong, as on a machine whose clock was set wrongly: clocks that measure durations go on, and
// whoever waits until a time of day waits for as long as it believes. libfaketime also moves the timers of other clocks
// (timerfd_settime), so that a program under it sleeps for hours where it should for milliseconds.

#define _GNU_SOURCE
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

// A clock that counts from the start of the machine never gets here: 31 years.
static const time_t earliest_time_of_day = 1000000000;

static time_t offset;

__attribute__((constructor)) static void read_offset(void) {
  const char *text = getenv("CLOCK_OFFSET_SECONDS");
  offset = text ? atoll(text) : 0;
}

static int is_time_of_day(clockid_t clock) { return clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE; }

// A moment that the program names, as the kernel knows it.
static struct timespec real(const struct timespec *seen) {
  struct timespec moment = *seen;
  if (moment.tv_sec >= earliest_time_of_day) moment.tv_sec -= offset;
  return moment;
}

static clockid_t clock_of(const struct timespec *seen) {
  return seen->tv_sec >= earliest_time_of_day ? CLOCK_REALTIME : CLOCK_MONOTONIC;
}

// Reading the clock

int clock_gettime(clockid_t clock, struct timespec *answer) {
  int failed = syscall(SYS_clock_gettime, clock, answer);
  if (!failed && is_time_of_day(clock)) answer->tv_sec += offset;
  return failed;
}

int gettimeofday(struct timeval *restrict answer, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  answer->tv_sec = now.tv_sec;
  answer->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *answer) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (answer) *answer = now.tv_sec;
  return now.tv_sec;
}

int timespec_get(struct timespec *answer, int base) {
  if (base != TIME_UTC) return 0;
  clock_gettime(CLOCK_REALTIME, answer);
  return base;
}

// Waiting until a moment

int sem_timedwait(sem_t *restrict semaphore, const struct timespec *restrict until) {
  struct timespec moment = real(until);
  return sem_clockwait(semaphore, CLOCK_REALTIME, &moment);
}

int pthread_cond_timedwait(
    pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  struct timespec moment = real(until);
  return pthread_cond_clockwait(condition, mutex, clock_of(until), &moment);
}

int pthread_mutex_timedlock(pthread_mutex_t *restrict mutex, const struct timespec *restrict until) {
  struct timespec moment = real(until);
  return pthread_mutex_clocklock(mutex, CLOCK_REALTIME, &moment);
}

int timerfd_settime(int timer, int flags, const struct itimerspec *wanted, struct itimerspec *before) {
  struct itimerspec setting = *wanted;
  if (flags & TFD_TIMER_ABSTIME) setting.it_value = real(&wanted->it_value);
  return syscall(SYS_timerfd_settime, timer, flags, &setting, before);
}
