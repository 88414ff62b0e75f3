#include "stanza.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "events.h"
#include "marker.h"

static const char filler[] = "the quick brown fox jumps over the lazy dog and ";

void stanza_build(struct stanza *stanza, const char *to, int body, const char *namespace) {
  stanza->text = malloc((size_t)body + 512);
  if (!stanza->text) fail("out of memory");
  char *end = stanza->text;
  end += sprintf(end, "<message%s to='%s' type='chat' id='", namespace, to);
  stanza->id_at = (size_t)(end - stanza->text);
  end += sprintf(end, "%0*d'><body>", (int)MARKER_LENGTH, 0);
  stanza->marker_at = (size_t)(end - stanza->text);
  end += MARKER_LENGTH;
  for (int i = 0; i < body - (int)MARKER_LENGTH; i++) *end++ = filler[i % 48];
  end += sprintf(end, "</body></message>");
  stanza->length = (size_t)(end - stanza->text);
}

void stanza_write(const struct stanza *stanza, char *room, uint32_t number, uint64_t stamp) {
  char *id = room + stanza->id_at;
  memcpy(room, stanza->text, stanza->length);
  marker_write(room + stanza->marker_at, number, stamp);
  /* The id is unique in the same way, but without the marker's signs. */
  memcpy(id + 1, room + stanza->marker_at + 1, MARKER_LENGTH - 2);
  id[0] = id[9] = id[26] = 'm';
}
