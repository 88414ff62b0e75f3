/* A chat message to one receiver, with places for what differs from one to the next. */
#ifndef STANZA_H
#define STANZA_H

#include <stddef.h>
#include <stdint.h>

struct stanza {
  char *text;
  size_t length;
  size_t id_at;
  size_t marker_at;
};

/* `body` is in bytes; `namespace` is empty, or the attribute with a space in front. */
void stanza_build(struct stanza *stanza, const char *to, int body, const char *namespace);

/* Writes it to `room`; `stamp` is when it is sent, in nanoseconds. */
void stanza_write(const struct stanza *stanza, char *room, uint32_t number, uint64_t stamp);

#endif
