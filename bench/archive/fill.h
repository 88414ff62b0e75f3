/* Fills archives by sending the messages, for servers whose archives cannot be written in bulk. */
#ifndef FILL_H
#define FILL_H

#include "../chat/options.h"

/*
 * Half of `options->accounts` accounts write `options->archived` messages each to the other half,
 * `options->outstanding` on the way at a time; returns when all have arrived.
 */
void fill(const struct options *options);

#endif
