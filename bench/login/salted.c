#include "salted.h"

#include <stdbool.h>
#include <string.h>

#include "../chat/events.h"

/* One for each account, with room to spare: servers salt each by itself. */
#define PLACES 16384u

struct entry {
  unsigned char salt[SALT_ROOM];
  size_t salt_length;
  int iterations;
  unsigned char key[HASH_ROOM];
};

static struct entry entries[PLACES];

/* FNV-1a. */
static unsigned place_of(const unsigned char *salt, size_t length) {
  unsigned hash = 2166136261u;
  for (size_t i = 0; i < length; i++) hash = (hash ^ salt[i]) * 16777619u;
  return hash % PLACES;
}

static bool is_of(const struct entry *entry, const unsigned char *salt, size_t length,
                  int iterations) {
  return entry->iterations == iterations && entry->salt_length == length &&
         memcmp(entry->salt, salt, length) == 0;
}

static void derive(struct entry *entry, const EVP_MD *hash, const char *password) {
  if (!PKCS5_PBKDF2_HMAC(password, (int)strlen(password), entry->salt, (int)entry->salt_length,
                         entry->iterations, hash, EVP_MD_size(hash), entry->key))
    fail("libcrypto derives no key");
}

/* Whoever comes to a taken place takes it over. */
const unsigned char *salted_password(const EVP_MD *hash, const char *password,
                                     const unsigned char *salt, size_t salt_length,
                                     int iterations) {
  struct entry *entry = &entries[place_of(salt, salt_length)];
  if (is_of(entry, salt, salt_length, iterations)) return entry->key;
  memcpy(entry->salt, salt, salt_length);
  entry->salt_length = salt_length;
  entry->iterations = iterations;
  derive(entry, hash, password);
  return entry->key;
}
