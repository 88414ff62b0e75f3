import type { Deadlines } from '../lib/deadlines.ts';
import type { Log } from '../lib/log.ts';
import { ClientStream, type OnSignIn } from './client-stream.ts';
import type { Connection } from './connection.ts';
import { coreFeatures } from './features/core.ts';
import type { FailureThrottle, StreamHosts } from './ports.ts';
import { Hashing } from './sasl/hashing.ts';

const UNTHROTTLED: FailureThrottle = { hold: () => true };

/** Returns what makes the stream of each connection that a client opens. */
export function clientStreams(options: {
  readonly hosts: StreamHosts;
  readonly deadlines: Deadlines;
  readonly log: Log;
  /** Bounds the hashing of passwords; the streams' own unless given. */
  readonly hashing?: Hashing;
  /** Makes failures wait; none does unless given. */
  readonly throttle?: FailureThrottle;
  readonly onSignIn?: OnSignIn;
}): (connection: Connection) => ClientStream {
  const { hosts, deadlines, log, hashing = new Hashing(), throttle = UNTHROTTLED } = options;
  const { onSignIn = () => {} } = options;
  const shared = { deadlines, log, features: coreFeatures({ hashing, throttle }), onSignIn };
  return (connection) => new ClientStream(connection, hosts, shared);
}
