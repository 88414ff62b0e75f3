#define _GNU_SOURCE
#include "page.h"

#include <string.h>

#include "../chat/events.h"
#include "../chat/marker.h"

static const char end_tag[] = "</iq>";

bool page_is_whole(struct page *page) {
  size_t from = page->searched;
  if (memmem(page->in + from, page->length - from, end_tag, sizeof end_tag - 1)) return true;
  /* What has come of the end so far stays to be searched. */
  page->searched = page->length < sizeof end_tag ? 0 : page->length - sizeof end_tag;
  return false;
}

/* The text of an element of RSM; empty where there is none. */
static void take_id(const char *fin, size_t length, const char *name, char *id) {
  const char *start = memmem(fin, length, name, strlen(name));
  id[0] = 0;
  if (!start) return;
  const char *text = memchr(start, '>', length - (size_t)(start - fin));
  const char *end = text ? memchr(text, '<', length - (size_t)(text - fin)) : NULL;
  if (!end || (size_t)(end - text) > PAGE_ID) fail("an id of a page has no end: %.200s", start);
  memcpy(id, text + 1, (size_t)(end - text - 1));
  id[end - text - 1] = 0;
}

static void count_messages(const char *from, const char *end, struct contents *contents) {
  uint32_t number;
  uint64_t sent;
  const char *rest;
  for (; (from = marker_find(from, end, &number, &sent, &rest)); contents->count++) {
    if (contents->count == 0) contents->first = number;
    if (number != contents->first + contents->count)
      fail("message %u came behind %u in a page", number,
           contents->first + contents->count - 1);
  }
}

void page_read(struct page *page, struct contents *contents) {
  const char *in = page->in, *end = in + page->length;
  const char *fin = memmem(in, page->length, "<fin", 4);
  if (!fin) fail("no page but %.600s", in);
  size_t length = (size_t)(end - fin);
  memset(contents, 0, sizeof *contents);
  count_messages(in, fin, contents);
  const char *tag = memchr(fin, '>', length);
  size_t tag_length = tag ? (size_t)(tag - fin) : 0;
  contents->is_last = memmem(fin, tag_length, "complete='true'", 15) ||
                      memmem(fin, tag_length, "complete=\"true\"", 15);
  take_id(fin, length, "<first", contents->first_id);
  take_id(fin, length, "<last", contents->last_id);
  page->length = page->searched = 0;
}
