#define _GNU_SOURCE
#include "tags.h"

#include <string.h>

#include "../chat/events.h"

static void keep_rest(struct tags *tags, const char *from, const char *end) {
  size_t length = (size_t)(end - from);
  if (length > TAG_ROOM) fail("the server sent an endless tag");
  memcpy(tags->rest, from, length);
  tags->rest_length = length;
}

void tags_scan(struct tags *tags, char *data, size_t length, tag_handler *handle, void *context) {
  const char *end = data + length;
  const char *from = data - tags->rest_length;
  memcpy(data - tags->rest_length, tags->rest, tags->rest_length);
  while ((from = memchr(from, '<', (size_t)(end - from)))) {
    const char *close = memchr(from, '>', (size_t)(end - from));
    if (!close) break;
    handle(context, from, (size_t)(close - from));
    from = close + 1;
  }
  keep_rest(tags, from ? from : end, end);
}

bool tag_is(const char *tag, size_t length, const char *name) {
  size_t name_length = strlen(name);
  return length > name_length && memcmp(tag + 1, name, name_length) == 0 &&
         (length == name_length + 1 || strchr(" /", tag[name_length + 1]));
}

const char *tag_attribute(const char *tag, size_t length, const char *name) {
  const char *found = memmem(tag, length, name, strlen(name));
  /* Behind the equals sign and the quotation mark. */
  return found ? found + strlen(name) + 1 : NULL;
}

bool tag_has(const char *tag, size_t length, const char *name, const char *value) {
  const char *found = tag_attribute(tag, length, name);
  return found && (size_t)(tag + length - found) > strlen(value) &&
         memcmp(found, value, strlen(value)) == 0;
}
