/*
 * What is looked for in what a server sends: markers (marker.h), and the nonzas by which stream
 * management asks and answers (XEP-0198 section 4). Nothing else is read.
 */
#ifndef SCAN_H
#define SCAN_H

#include <stddef.h>
#include <stdint.h>

/* More bytes than an unfinished marker or nonza has. */
#define SCAN_REST 128u

enum found {
  NOTHING, /* the rest is unfinished, or there is none */
  MARKER,
  REQUEST, /* <r/> */
  ANSWER   /* <a h='...'/> */
};

struct finding {
  uint32_t number; /* of the message; or `h` */
  uint64_t sent;   /* of a marker */
};

/*
 * Looks in [*from, end) for what comes next, and moves `*from` behind it; with NOTHING to where
 * what is unfinished begins, at most SCAN_REST bytes before `end`.
 */
enum found scan_next(const char **from, const char *end, struct finding *finding);

#endif
