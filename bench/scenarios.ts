import { acknowledged } from './acknowledged/acknowledged.ts';
import { archive } from './archive/archive.ts';
import { bosh } from './bosh/bosh.ts';
import { chat, fixedRate } from './chat/chat.ts';
import { growth } from './growth/growth.ts';
import { idle } from './idle/idle.ts';
import { login } from './login/login.ts';
import { mixed } from './mixed/mixed.ts';
import { presence } from './presence/presence.ts';
import { reload } from './reload/reload.ts';
import { resume } from './resume/resume.ts';
import type { Scenario } from './run/scenario.ts';
import { startUp } from './run/start-up.ts';
import { storm } from './storm/storm.ts';

/** What a run may be of. */
export const SCENARIOS: readonly Scenario[] = [
  chat,
  bosh,
  fixedRate,
  acknowledged,
  archive,
  growth,
  presence,
  login,
  storm,
  resume,
  mixed,
  reload,
  idle,
  startUp,
];
