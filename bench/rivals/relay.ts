import { join } from 'node:path';
import { compile } from '../run/compile.ts';
import type { Server } from './server.ts';

/** Longest life of a relay, in seconds, should nobody end it. */
const DEADLINE_S = 600;

/** Not a rival: what the generator reaches when the server does nothing (see relay.c). */
export const relay: Server = {
  name: 'relay',

  async prepare(place) {
    if (place.tls !== null) throw new Error('the relay speaks no TLS');
    if (place.webPort !== null) throw new Error('the relay speaks no HTTP');
    await compile('relay', ['chat/relay.c', 'chat/events.c'], place.directory);
  },

  command(place) {
    return { argv: [join(place.directory, 'relay'), String(place.port), String(DEADLINE_S)] };
  },
};
