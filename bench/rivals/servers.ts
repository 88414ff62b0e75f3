import { ejabberd } from './ejabberd.ts';
import { epode, epodeByTcp } from './epode.ts';
import { prosody } from './prosody.ts';
import { relay } from './relay.ts';
import type { Server } from './server.ts';

/** Whoever may take part. */
export const SERVERS: readonly Server[] = [epode, epodeByTcp, prosody, ejabberd, relay];
