/* One page of an archive (XEP-0313, XEP-0059) as it comes in. */
#ifndef PAGE_H
#define PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_ROOM (1u << 20)
#define PAGE_ID 128u

struct page {
  char *in;          /* PAGE_ROOM bytes */
  size_t length;
  size_t searched;   /* where the end may begin that has not been found yet */
};

/* What a whole page says. */
struct contents {
  uint32_t count;
  uint32_t first;    /* number of the first message; they are consecutive */
  bool is_last;      /* there are no more in that direction */
  char first_id[PAGE_ID];
  char last_id[PAGE_ID];
};

/* Whether the page is there whole. */
bool page_is_whole(struct page *page);

/* Reads it, and empties it for the next; fails when it has a gap or is an error. */
void page_read(struct page *page, struct contents *contents);

#endif
