#include "scram.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../chat/base64.h"
#include "../chat/events.h"
#include "salted.h"

#define MOST_ITERATIONS 1000000
/* Base64 of `n,,`: no channel binding, no authorization identity. */
#define HEADER "n,,"
#define HEADER_BASE64 "biws"

/* What the server's first message says; `nonce` points into it. */
struct server_first {
  const char *nonce;
  int nonce_length;
  unsigned char salt[SALT_ROOM];
  size_t salt_length;
  int iterations;
};

static void hmac(const EVP_MD *hash, const unsigned char *key, const char *text,
                 unsigned char *to) {
  if (!HMAC(hash, key, EVP_MD_size(hash), (const unsigned char *)text, strlen(text), to, NULL))
    fail("libcrypto makes no HMAC");
}

/* Names and passwords here hold neither commas nor equals signs: they are sent as they are. */
static size_t begin(struct sasl *sasl, char *message) {
  static uint64_t count;
  int length = snprintf(sasl->client_first, sizeof sasl->client_first, "n=%s,r=%016lx%016lx",
                        sasl->name, now_ns(), count++);
  if (length >= (int)sizeof sasl->client_first) fail("the name is too long");
  return (size_t)snprintf(message, SASL_ROOM, HEADER "%s", sasl->client_first);
}

/* The server's nonce continues the client's. */
static void check_nonce(const struct sasl *sasl, const struct server_first *first) {
  const char *own = strstr(sasl->client_first, ",r=") + 3;
  if (first->nonce_length <= (int)strlen(own) || strncmp(first->nonce, own, strlen(own)) != 0)
    fail("the server's nonce does not continue that of %s", sasl->name);
}

static struct server_first read_first(const char *challenge) {
  struct server_first first = {0};
  const char *salt = strstr(challenge, ",s="), *iterations = strstr(challenge, ",i=");
  if (strncmp(challenge, "r=", 2) != 0 || !salt || !iterations)
    fail("the server's first message is none of SCRAM: %.200s", challenge);
  first.nonce = challenge + 2;
  first.nonce_length = (int)(salt - first.nonce);
  first.salt_length = base64_decode(salt + 3, first.salt, sizeof first.salt);
  first.iterations = atoi(iterations + 3);
  if (first.iterations < 1 || first.iterations > MOST_ITERATIONS)
    fail("the server wants %d iterations", first.iterations);
  return first;
}

/* RFC 5802 section 3: ClientProof, and ServerSignature for the end. */
static void prove(struct sasl *sasl, const EVP_MD *hash, const unsigned char *salted,
                  const char *auth_message, unsigned char *proof) {
  unsigned char client_key[HASH_ROOM], stored_key[HASH_ROOM], server_key[HASH_ROOM];
  size_t length = (size_t)EVP_MD_size(hash);
  hmac(hash, salted, "Client Key", client_key);
  if (!EVP_Digest(client_key, length, stored_key, NULL, hash, NULL)) fail("libcrypto makes no hash");
  hmac(hash, stored_key, auth_message, proof);
  for (size_t i = 0; i < length; i++) proof[i] ^= client_key[i];
  hmac(hash, salted, "Server Key", server_key);
  hmac(hash, server_key, auth_message, sasl->server_signature);
}

static size_t respond(struct sasl *sasl, const EVP_MD *hash, const char *challenge,
                      char *message) {
  struct server_first first = read_first(challenge);
  check_nonce(sasl, &first);
  unsigned char proof[HASH_ROOM];
  char auth_message[3 * SASL_ROOM], encoded[BASE64_ROOM(HASH_ROOM)];
  int length = snprintf(message, SASL_ROOM, "c=" HEADER_BASE64 ",r=%.*s", first.nonce_length,
                        first.nonce);
  snprintf(auth_message, sizeof auth_message, "%s,%s,%s", sasl->client_first, challenge, message);
  const unsigned char *salted =
      salted_password(hash, sasl->password, first.salt, first.salt_length, first.iterations);
  prove(sasl, hash, salted, auth_message, proof);
  base64_encode(proof, (size_t)EVP_MD_size(hash), encoded);
  length += snprintf(message + length, SASL_ROOM - (size_t)length, ",p=%s", encoded);
  if (length >= (int)SASL_ROOM) fail("the server's nonce is endless");
  return (size_t)length;
}

static void check(const struct sasl *sasl, const EVP_MD *hash, const char *data) {
  unsigned char signature[HASH_ROOM];
  size_t length = (size_t)EVP_MD_size(hash);
  if (strncmp(data, "v=", 2) != 0 ||
      base64_decode(data + 2, signature, sizeof signature) != length ||
      memcmp(signature, sasl->server_signature, length) != 0)
    fail("the server does not know the password of %s", sasl->name);
}

static size_t respond_sha_1(struct sasl *sasl, const char *challenge, char *message) {
  return respond(sasl, EVP_sha1(), challenge, message);
}

static void check_sha_1(const struct sasl *sasl, const char *data) {
  check(sasl, EVP_sha1(), data);
}

static size_t respond_sha_256(struct sasl *sasl, const char *challenge, char *message) {
  return respond(sasl, EVP_sha256(), challenge, message);
}

static void check_sha_256(const struct sasl *sasl, const char *data) {
  check(sasl, EVP_sha256(), data);
}

const struct mechanism scram_sha_1 = {
    .name = "SCRAM-SHA-1", .begin = begin, .respond = respond_sha_1, .check = check_sha_1};

const struct mechanism scram_sha_256 = {
    .name = "SCRAM-SHA-256", .begin = begin, .respond = respond_sha_256, .check = check_sha_256};
