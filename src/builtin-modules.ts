import anonymous from './modules/anonymous.ts';
import archive from './modules/archive/module.ts';
import blocking from './modules/blocking/module.ts';
import calls from './modules/calls/module.ts';
import capabilities from './modules/capabilities/module.ts';
import carbons from './modules/carbons/module.ts';
import clientState from './modules/client-state/module.ts';
import contactAddresses from './modules/contact-addresses.ts';
import disco from './modules/disco.ts';
import externalServices from './modules/external-services/module.ts';
import hostMeta from './modules/host-meta.ts';
import inBandBytestreams from './modules/in-band-bytestreams.ts';
import lastActivity from './modules/last-activity.ts';
import messages from './modules/messages.ts';
import offline from './modules/offline.ts';
import ping from './modules/ping.ts';
import presence from './modules/presence/module.ts';
import privateXml from './modules/private-xml.ts';
import push from './modules/push/module.ts';
import registration from './modules/registration/module.ts';
import retraction from './modules/retraction.ts';
import roster from './modules/roster/module.ts';
import streamManagement from './modules/stream-management/module.ts';
import subscriptions from './modules/subscriptions.ts';
import time from './modules/time.ts';
import upload from './modules/upload/module.ts';
import vcard from './modules/vcard/module.ts';
import version from './modules/version.ts';
import web from './modules/web/module.ts';
import type { ModuleDefinition } from './server/module.ts';

/** The modules that come with the server; each is on unless the configuration says false. */
export const builtinModules = [
  anonymous,
  archive,
  blocking,
  calls,
  capabilities,
  carbons,
  clientState,
  contactAddresses,
  disco,
  externalServices,
  hostMeta,
  inBandBytestreams,
  lastActivity,
  messages,
  offline,
  ping,
  presence,
  privateXml,
  push,
  registration,
  retraction,
  roster,
  streamManagement,
  subscriptions,
  time,
  upload,
  vcard,
  version,
  web,
] as ModuleDefinition[];
