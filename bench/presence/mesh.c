#define _GNU_SOURCE
#include "mesh.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "../chat/authentication.h"
#include "../chat/events.h"
#include "../login/mechanisms.h"

#define READ_SIZE 65536u
#define SILENCE_MS 10000
/* Presences to count grow with the square. */
#define MOST_USERS 5000

void mesh_create(struct mesh *mesh, const struct options *options) {
  if (options->users > MOST_USERS) fail("a mesh of more than %d users", MOST_USERS);
  size_t users = (size_t)options->users;
  mesh->options = *options;
  /* The roster is not asked for before the bytes are counted here. */
  mesh->options.until_bound = true;
  choose_mechanism(&mesh->options);
  authentication_keep(&mesh->options, options->users);
  mesh->sessions = calloc(users, sizeof *mesh->sessions);
  mesh->tags = calloc(users, sizeof *mesh->tags);
  mesh->items = calloc(users, sizeof *mesh->items);
  mesh->seen = calloc(users * users, sizeof *mesh->seen);
  if (!mesh->sessions || !mesh->tags || !mesh->items || !mesh->seen) fail("out of memory");
  mesh->epoll = epoll_create1(EPOLL_CLOEXEC);
  allow_connections(options->users);
}

void mesh_get_acquainted(struct mesh *mesh) {
  struct options options = mesh->options;
  options.until_authenticated = true;
  sign_in(mesh->sessions, 0, options.users, &options);
  for (int user = 0; user < options.users; user++) sign_in_forget(&mesh->sessions[user]);
  mesh_sign_out(mesh);
}

uint32_t *mesh_seen(struct mesh *mesh, int viewer, int shown) {
  return &mesh->seen[viewer * mesh->options.users + shown];
}

/* The user whose address stands in `from`; accounts end with their number. */
static int sender_of(const struct mesh *mesh, const char *tag, size_t length) {
  const char *prefix = mesh->options.prefix;
  if (!tag_has(tag, length, " from=", prefix))
    fail("a presence from nobody in the mesh: %.*s", (int)length, tag);
  int user = atoi(tag_attribute(tag, length, " from=") + strlen(prefix));
  if (user >= mesh->online) fail("user %d is shown before it has come", user);
  return user;
}

struct reading {
  struct mesh *mesh;
  int viewer;
};

static void count_presence(const struct reading *reading, const char *tag, size_t length) {
  struct mesh *mesh = reading->mesh;
  /* How a server may answer the probe of a contact who is not there yet. */
  if (tag_has(tag, length, " type=", "unavailable")) return;
  if (tag_attribute(tag, length, " type="))
    fail("user %d got %.*s", reading->viewer, (int)length, tag);
  int shown = sender_of(mesh, tag, length);
  if (++*mesh_seen(mesh, reading->viewer, shown) > 1)
    fail("user %d was shown user %d twice", reading->viewer, shown);
  mesh->arrived++;
}

static void take_tag(void *context, const char *tag, size_t length) {
  const struct reading *reading = context;
  if (tag_is(tag, length, "presence")) count_presence(reading, tag, length);
  else if (tag_has(tag, length, " subscription=", "both")) reading->mesh->items[reading->viewer]++;
  else if (tag_is(tag, length, "stream:error") || tag_has(tag, length, " type=", "error"))
    fail("user %d got an error: %.*s", reading->viewer, (int)length, tag);
}

static void scan_tags(struct mesh *mesh, int viewer, char *data, size_t length) {
  struct reading reading = {.mesh = mesh, .viewer = viewer};
  tags_scan(&mesh->tags[viewer], data, length, take_tag, &reading);
}

static void receive(struct mesh *mesh, int viewer) {
  static char buffer[TAG_ROOM + READ_SIZE];
  struct link *link = &mesh->sessions[viewer].link;
  long length;
  do {
    length = link_read(link, buffer + TAG_ROOM, READ_SIZE);
    if (length == LINK_CLOSED) fail("the server closed the session of user %d", viewer);
    if (length > 0) mesh->scan(mesh, viewer, buffer + TAG_ROOM, (size_t)length);
    /* A full buffer means more to come; TLS keeps bytes that epoll does not see. */
  } while (length == READ_SIZE || (length > 0 && link->tls));
}

void mesh_turn(struct mesh *mesh) {
  struct epoll_event events[256];
  int count = epoll_wait(mesh->epoll, events, 256, SILENCE_MS);
  if (count == 0)
    fail("nothing arrived for %d s, after %lu presences", SILENCE_MS / 1000, mesh->arrived);
  for (int i = 0; i < count; i++) receive(mesh, (int)events[i].data.u32);
}

static void watch(struct mesh *mesh, int user) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = (unsigned)user};
  if (epoll_ctl(mesh->epoll, EPOLL_CTL_ADD, mesh->sessions[user].link.fd, &event) < 0)
    fail("epoll: %s", strerror(errno));
}

static void log_in(struct mesh *mesh, int user) {
  struct session *session = &mesh->sessions[user];
  sign_in(mesh->sessions, user, user + 1, &mesh->options);
  watch(mesh, user);
  mesh->online = user + 1;
  settle(session, &mesh->options);
  if (!link_flush(&session->link)) fail("the server does not read user %d", user);
  /* Whoever is there sees the new one, who sees all of them and itself. */
  uint64_t wanted = (uint64_t)mesh->online * (uint64_t)mesh->online;
  uint32_t others = (uint32_t)mesh->options.users - 1;
  while (mesh->arrived < wanted || mesh->items[user] < others) mesh_turn(mesh);
  if (mesh->items[user] != others) fail("a roster of %u contacts", mesh->items[user]);
}

void mesh_log_in(struct mesh *mesh) {
  mesh->scan = scan_tags;
  for (int user = 0; user < mesh->options.users; user++) log_in(mesh, user);
}

void mesh_sign_out(struct mesh *mesh) {
  for (int user = 0; user < mesh->options.users; user++) {
    struct link *link = &mesh->sessions[user].link;
    link_queue(link, "</stream:stream>");
    link_flush(link);
    link_close(link);
  }
}
