/* Command line of the generators; each uses the options that concern it. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "sasl.h"

/* Bytes of the longest token, with the NUL behind it. */
#define TOKEN_ROOM 256u

struct options {
  const char *host;
  const char *domain;
  const char *prefix;   /* accounts are <prefix>0, <prefix>1, ... */
  const char *password;
  int port;
  int sources;          /* connect from 127.0.0.1 to 127.0.0.<sources> */
  int parallel;         /* sign-ins under way at a time */
  unsigned deadline;    /* seconds until the process ends itself */
  bool with_tls;        /* STARTTLS first */
  bool with_websocket;  /* XMPP in WebSocket, unencrypted */
  bool without_presence;
  const char *mechanism_name;
  /* Not from the command line: PLAIN unless the generator knows that of the name; see sign_in. */
  const struct mechanism *mechanism;
  /* SASL2 with Bind 2; tokens are shown by this, and got by `mechanism`. Null: SASL and bind. */
  const struct mechanism *token_mechanism;
  /* By account: what was kept from its last sign-in; null for what is not to be kept. */
  char (*tokens)[TOKEN_ROOM];
  void **tickets;       /* SSL_SESSION */
  bool with_tickets;    /* take up earlier TLS sessions */
  bool until_authenticated;
  bool until_bound;
  /* chat */
  int pairs;
  int outstanding;      /* messages on the way per pair; presence: updates on the way */
  int body;             /* bytes */
  double rate;          /* messages, or logins, a second in all; 0: as fast as the server allows */
  double warmup;        /* seconds */
  double settle;        /* seconds at the rate before they are measured */
  double seconds;       /* measured */
  bool to_full;         /* address the receiver's full JID */
  bool joins_writes;    /* messages released in one turn leave in one write */
  /* presence */
  int users;            /* all subscribed to each other */
  /* login */
  int accounts;         /* that sign in in turn */
  int first;            /* number of the first of them */
  /* archive */
  int per_account;      /* sessions of each account */
  int archived;         /* messages in each account's archive */
  bool fills;           /* makes them, by sending them */
  /* resume */
  int missed;           /* messages for each session while it is away */
  /* mixed */
  bool with_archive;    /* pages of it are asked for */
  /* idle */
  const char *stages;   /* numbers of open sessions to stop at, ascending: "1000,5000" */
  double hold;          /* seconds to stay at each stage */
};

/* Ends the process with status 2 and a usage text when the arguments make no sense. */
struct options read_options(int argc, char **argv);

#endif
