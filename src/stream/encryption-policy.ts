import type { ClientStream } from './client-stream.ts';

/** Whether a client may sign in on a stream that TLS does not protect. */
export function mayLogInUnencrypted(stream: ClientStream): boolean {
  return !stream.host.policy.requiresTls || mayShowPassword(stream);
}

/** Whether a password may cross the stream as it is: with TLS, or where the operator trusts loopback. */
export function mayShowPassword(stream: ClientStream): boolean {
  return (
    stream.isSecure || (stream.host.policy.allowsPlainLoopback && stream.connection.isLoopback)
  );
}
