#include "websocket.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "events.h"

/* One key for all frames: what it hides from caches costs the generator and says nothing here. */
static const char key[] = {0x37, (char)0xfa, 0x21, 0x3d};

void websocket_ask(struct link *link, const char *host, int port) {
  char request[512];
  snprintf(request, sizeof request,
           "GET /xmpp-websocket HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
           host, port);
  link_queue(link, request);
}

static void mask(char *payload, size_t length) {
  uint64_t word, keys;
  memcpy(&keys, key, sizeof key);
  memcpy((char *)&keys + sizeof key, key, sizeof key);
  for (; length >= sizeof word; length -= sizeof word, payload += sizeof word) {
    memcpy(&word, payload, sizeof word);
    word ^= keys;
    memcpy(payload, &word, sizeof word);
  }
  for (size_t i = 0; i < length; i++) payload[i] ^= key[i % sizeof key];
}

void websocket_wrap(struct link *link, size_t from) {
  size_t length = link->out_length - from;
  size_t header = length < 126 ? 6 : 8;
  if (length > UINT16_MAX) fail("a message of %zu bytes is too long", length);
  link_reserve(link, header);
  char *frame = link->out + from;
  memmove(frame + header, frame, length);
  frame[0] = (char)0x81;
  frame[1] = (char)(0x80 | (length < 126 ? length : 126));
  if (length >= 126) {
    frame[2] = (char)(length >> 8);
    frame[3] = (char)length;
  }
  memcpy(frame + header - sizeof key, key, sizeof key);
  mask(frame + header, length);
}
