/** A run of the suite. */
export interface SuiteRun {
  readonly title: string;
  /** As after `npm run bench --`. */
  readonly args: string;
  /** Keys of the columns that README shows. */
  readonly inReadme: readonly string[];
  /** Keys of the columns that the whole report begins with as well. */
  readonly charted: readonly string[];
}

function run(
  title: string,
  args: string,
  inReadme: readonly string[],
  charted: readonly string[] = [],
): SuiteRun {
  return { title, args, inReadme, charted };
}

const COST = 'cpuUsPerMessage';
const LATENCY = ['p50Ms', 'p99Ms'];
const ACKNOWLEDGED = ['p50Ms', 'ackP50Ms'];
/** Whether memory is flat. */
const HELD = ['startMib', 'endMib', 'growthMibPerHour'];
const ALL = '--only epode,prosody,ejabberd';
const EPODE = '--only epode';
const SHA_256 = '--mechanism SCRAM-SHA-256';
/** Prosody delivers all that it has read together: with each message two commits, after seconds. */
const IN_SQLITE = '--store sqlite --outstanding 5 --seconds 20';
/** Not by --minutes, over which the seconds of a quick suite would not win. */
const LONG = '--seconds 600 --warmup 30 --rounds 1';

/** What `npm run bench` plays, in this order. Every scenario is there, so that `--smoke` has all. */
export const SUITE: readonly SuiteRun[] = [
  run('start', 'start-up', ['ms', 'mib']),
  run('one-to-one chat', 'chat', [COST, 'rate', 'p99Ms'], ['p50Ms']),
  run('chat, the rivals as packaged', 'chat --modules usual', [COST], ['rate', 'p99Ms']),
  run('chat over TLS', 'chat --tls', [COST], ['rate', 'p99Ms']),
  run('archived chat', 'chat --archive', [COST, 'rate'], LATENCY),
  run('archived chat, all in SQLite', `chat --archive ${IN_SQLITE}`, [COST], ['rate']),
  run('archived chat, with search', `chat --archive --search ${EPODE}`, [COST], ['rate']),
  run('one message on the way a pair', 'chat --outstanding 1', [COST], ['rate', ...LATENCY]),
  run('500 messages a second', 'rate --rate 500', ['p99Ms'], [COST, 'p50Ms', 'p999Ms']),
  run('archived and acknowledged', 'acknowledged --rate 100', [COST, 'ackP50Ms'], LATENCY),
  run('2,000 a second, with search', `acknowledged --search ${EPODE}`, ACKNOWLEDGED, ['p99Ms']),
  run('pages of an archive', 'archive --store sqlite', [COST, 'rate'], LATENCY),
  run('chat among more and more', 'growth', [COST, 'times', 'sessions']),
  run('chat over WebSocket', `chat --transport websocket ${ALL}`, [COST], ['rate', 'p99Ms']),
  run('chat over BOSH', 'bosh', [COST], ['rate', 'p99Ms']),
  run('mesh of 200', 'presence', ['cpuUsPerPresence', 'loginCpuSeconds'], ['rate', 'p99Ms']),
  run('login by PLAIN', 'login --mechanism PLAIN', ['cpuUsPerLogin'], ['rate', 'p99Ms']),
  run('login by SCRAM-SHA-1', 'login', ['cpuUsPerLogin'], ['rate', 'p99Ms']),
  run('login by PLAIN over TLS', 'login --mechanism PLAIN --tls', ['cpuUsPerLogin'], ['rate']),
  run('login by SCRAM-SHA-1 over TLS', 'login --tls', ['cpuUsPerLogin'], ['rate', 'p99Ms']),
  run('login by SCRAM-SHA-256', `login ${SHA_256}`, ['cpuUsPerLogin'], ['rate']),
  run('login by SCRAM-SHA-256 over TLS', `login ${SHA_256} --tls`, ['cpuUsPerLogin'], ['rate']),
  run('login by token', 'login --mechanism FAST --tls', ['cpuUsPerLogin'], ['rate', 'p99Ms']),
  run('1,000 come back', 'resume', ['cpuUsPerResumption', 'allBackMs'], ['rate', 'p99Ms']),
  run('1,000 come back over TLS', 'resume --tls', ['cpuUsPerResumption'], ['allBackMs']),
  run('1,000 come back by token', 'resume --mechanism FAST --tls', ['cpuUsPerResumption']),
  run('mixed day', 'mixed', ['cpuMsPerSecond', 'p99Ms'], ['endMib', 'p50Ms', 'p999Ms']),
  run('mixed day for 10 minutes', `mixed ${LONG} ${EPODE}`, HELD, ['cpuMsPerSecond']),
  run('chat while 500 a second log in', 'storm', ['p99Ms'], ['loginRate', 'p50Ms']),
  run('reload with 10,000 sessions', 'reload', ['stoppedMs']),
  run('5,000 idle sessions', 'idle', ['kibPerSession'], ['kibPerFurtherSession']),
  run('15,000 idle sessions', 'idle --sessions 15000 --rounds 1', ['kibPerSession'], ['endMib']),
  run('5,000 idle over TLS', 'idle --tls', ['kibPerSession'], ['kibPerFurtherSession']),
  run('5,000 idle over WebSocket', `idle --transport websocket ${ALL}`, ['kibPerSession']),
];
