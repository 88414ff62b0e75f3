/*
 * Each body starts with a marker, ~ssssssss:tttttttttttttttt~, the message's number within its
 * pair and when it was sent (ns), both in hexadecimal. It is all that is looked for in what
 * arrives: parsing XML would make the generator the slowest part.
 */
#ifndef MARKER_H
#define MARKER_H

#include <stddef.h>
#include <stdint.h>

#define MARKER_LENGTH 27u

void marker_write(char *to, uint32_t number, uint64_t sent);

/*
 * Finds the first whole marker in [from, end) and returns the byte behind it; null when there is
 * none. `*rest` is then where an unfinished marker begins, or `end`.
 */
const char *marker_find(const char *from, const char *end, uint32_t *number, uint64_t *sent,
                        const char **rest);

#endif
