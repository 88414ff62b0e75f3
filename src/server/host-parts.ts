import type { Element } from '../xml/element.ts';
import type { CompiledFlows } from './compiled-flows.ts';
import type { IqTable } from './iq-table.ts';
import type { Identity, ServiceParts, Target, XepClaim } from './module.ts';
import type { NonzaTable } from './nonza-table.ts';

/** What modules have added to a host, compiled at boot. */
export interface HostParts {
  readonly flows: CompiledFlows;
  readonly iqs: IqTable;
  readonly nonzas: NonzaTable;
  readonly features: Readonly<Record<Target, readonly string[]>>;
  readonly identities: Readonly<Record<Target, readonly Identity[]>>;
  readonly forms: Readonly<Record<Target, readonly Element[]>>;
  readonly services: readonly ServiceParts[];
  readonly xeps: readonly XepClaim[];
}
