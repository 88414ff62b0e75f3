import type { ClientStream } from '../client-stream.ts';
import { TOKEN_MECHANISMS, type TokenMechanism } from './hashed-token.ts';

/** With which mechanisms tokens may be shown now: what this connection can be bound by. */
export function tokenMechanisms({ host, connection }: ClientStream): readonly TokenMechanism[] {
  if (!host.tokens || !connection.isSecure) return [];
  const types = connection.channelBindings?.types ?? [];
  return TOKEN_MECHANISMS.filter(
    ({ bindingType }) => bindingType === null || types.includes(bindingType),
  );
}
