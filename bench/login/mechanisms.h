/* All mechanisms, by the names that the command line knows. */
#ifndef MECHANISMS_H
#define MECHANISMS_H

#include "../chat/options.h"

/* Sets `mechanism`, and for FAST `token_mechanism`, as `mechanism_name` says; fails when it is odd. */
void choose_mechanism(struct options *options);

#endif
