/* Users who all see each other, and how many presences each has got from whom. */
#ifndef MESH_H
#define MESH_H

#include <stdbool.h>
#include <stdint.h>

#include "../chat/options.h"
#include "../chat/session.h"
#include "tags.h"

struct mesh {
  struct options options;
  struct session *sessions; /* by user */
  struct tags *tags;        /* by user */
  uint32_t *items;          /* by user: contacts in the roster that came */
  uint32_t *seen;           /* by viewer, then by whom: presences that came */
  uint64_t arrived;         /* presences, all together */
  int online;               /* users who have sent initial presence */
  int epoll;
  /* Takes the bytes that a session got; the TAG_ROOM bytes before them may be written over. */
  void (*scan)(struct mesh *mesh, int viewer, char *data, size_t length);
};

void mesh_create(struct mesh *mesh, const struct options *options);

/*
 * Has everybody authenticate once and go again: clients remember what they derive from the password,
 * their token and their TLS session.
 */
void mesh_get_acquainted(struct mesh *mesh);

/*
 * Logs everybody in, one after another: each login is complete when its roster has everybody else
 * and every presence that it calls for has come, once. Anything else ends the run with an error.
 */
void mesh_log_in(struct mesh *mesh);

/* How many presences `viewer` has got of `shown`. */
uint32_t *mesh_seen(struct mesh *mesh, int viewer, int shown);

/* Waits a little for bytes and hands them to `scan`; fails after ten seconds of silence. */
void mesh_turn(struct mesh *mesh);

void mesh_sign_out(struct mesh *mesh);

#endif
