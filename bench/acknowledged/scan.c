#define _GNU_SOURCE
#include "scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../chat/events.h"
#include "../chat/marker.h"

static enum found read_nonza(const char *start, const char *end, struct finding *finding) {
  if (start[1] == 'r') return REQUEST;
  const char *h = memmem(start, (size_t)(end - start), " h=", 3);
  if (!h) fail("the server acknowledged nothing: %.*s", (int)(end - start), start);
  finding->number = (uint32_t)strtoul(h + 4, NULL, 10);
  return ANSWER;
}

/* What begins at the `<` that `*from` is at; moves behind it, or behind the `<` of anything else. */
static enum found scan_tag(const char **from, const char *end, struct finding *finding,
                           bool *is_unfinished) {
  const char *start = *from;
  size_t length = (size_t)(end - start);
  if (length > 1 && start[1] != 'a' && start[1] != 'r') return ++*from, NOTHING;
  if (length > 2 && start[2] != ' ' && start[2] != '/') return ++*from, NOTHING;
  const char *close = memchr(start, '>', length < SCAN_REST ? length : SCAN_REST);
  if (close) return *from = close + 1, read_nonza(start, close, finding);
  if (length < SCAN_REST) *is_unfinished = true;
  else ++*from;
  return NOTHING;
}

static enum found scan_marker(const char **from, const char *end, struct finding *finding,
                              bool *is_unfinished) {
  const char *rest;
  const char *limit = (size_t)(end - *from) > MARKER_LENGTH ? *from + MARKER_LENGTH : end;
  const char *next = marker_find(*from, limit, &finding->number, &finding->sent, &rest);
  if (next) return *from = next, MARKER;
  if (rest == *from && limit == end) *is_unfinished = true;
  else ++*from;
  return NOTHING;
}

enum found scan_next(const char **from, const char *end, struct finding *finding) {
  bool is_unfinished = false;
  while (*from < end) {
    enum found found = NOTHING;
    if (**from == '<') found = scan_tag(from, end, finding, &is_unfinished);
    else if (**from == '~') found = scan_marker(from, end, finding, &is_unfinished);
    else ++*from;
    if (found != NOTHING) return found;
    if (is_unfinished) return NOTHING;
  }
  return NOTHING;
}
