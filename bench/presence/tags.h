/*
 * Start tags in what a server sends. Signing in is read by its tags alone: who showed itself, and
 * how many contacts the roster has. Parsing XML would make the generator the slowest part.
 */
#ifndef TAGS_H
#define TAGS_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the longest tag; also the room that `tags_scan` wants in front of its data. */
#define TAG_ROOM 1024u

/* The beginning of a tag whose end has not arrived. */
struct tags {
  char rest[TAG_ROOM];
  size_t rest_length;
};

/* Called with each tag, from its `<` up to (not including) its `>`. */
typedef void tag_handler(void *context, const char *tag, size_t length);

/* Scans `length` bytes at `data`; the TAG_ROOM bytes before them are written over. */
void tags_scan(struct tags *tags, char *data, size_t length, tag_handler *handle, void *context);

bool tag_is(const char *tag, size_t length, const char *name);

/* The value's first byte; null when the tag has no such attribute. `name` is written " from=". */
const char *tag_attribute(const char *tag, size_t length, const char *name);

/* Whether the tag has the attribute with a value that starts with `value`. */
bool tag_has(const char *tag, size_t length, const char *name, const char *value);

#endif
