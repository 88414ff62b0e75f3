import capabilities from './modules/capabilities/module.ts';
import contactAddresses from './modules/contact-addresses.ts';
import disco from './modules/disco.ts';
import messages from './modules/messages.ts';
import offline from './modules/offline.ts';
import ping from './modules/ping.ts';
import presence from './modules/presence/module.ts';
import roster from './modules/roster/module.ts';
import subscriptions from './modules/subscriptions.ts';
import time from './modules/time.ts';
import version from './modules/version.ts';
import type { ModuleDefinition } from './server/module.ts';

/** The modules that come with the server; each is on unless the configuration says false. */
export const builtinModules = [
  capabilities,
  contactAddresses,
  disco,
  messages,
  offline,
  ping,
  presence,
  roster,
  subscriptions,
  time,
  version,
] as ModuleDefinition[];
