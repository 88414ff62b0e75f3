import { isDeepStrictEqual } from 'node:util';
import type { Action } from './codec.ts';
import { type ExternalService, keyOf } from './settings.ts';

/** A service, and what has become of it. */
export interface ServiceChange {
  readonly service: ExternalService;
  readonly action?: Action;
}

/** What makes the services `next` of those before; what is gone comes last. */
export function differences(
  before: readonly ExternalService[],
  next: readonly ExternalService[],
): readonly ServiceChange[] {
  const known = new Map(before.map((service) => [keyOf(service), service]));
  const left = new Set(next.map(keyOf));
  const changed = next.flatMap((service): ServiceChange[] => {
    const old = known.get(keyOf(service));
    if (old && isDeepStrictEqual(old, service)) return [];
    return [{ service, action: old ? 'modify' : 'add' }];
  });
  const gone = before
    .filter((service) => !left.has(keyOf(service)))
    .map((service) => ({ service, action: 'delete' }) as const);
  return [...changed, ...gone];
}
