import type { MetricFamily } from '../lib/open-metrics.ts';

/** What is measured, without the values. */
export interface MetricDescription {
  readonly type: MetricFamily['type'];
  readonly name: string;
  /** Names of the labels that tell its values apart. */
  readonly labels?: readonly string[];
  /** One sentence; Markdown, where it is shown as such. */
  readonly help: string;
}

/** All metrics. No label may hold an account, an address, or anything that a peer makes up. */
export const METRICS = {
  build: {
    type: 'info',
    name: 'epode_build',
    labels: ['version', 'node'],
    help: 'What runs, and on which Node.js.',
  },
  started: {
    type: 'gauge',
    name: 'process_start_time_seconds',
    help: 'When the server started, in seconds since 1970.',
  },
  cpu: {
    type: 'counter',
    name: 'process_cpu_seconds',
    help: 'CPU time of the process, user and system, all its threads.',
  },
  memory: {
    type: 'gauge',
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of the process.',
  },
  certificateExpiry: {
    type: 'gauge',
    name: 'epode_certificate_expiry_seconds',
    labels: ['host'],
    help: 'When the certificate that new connections get expires, in seconds since 1970.',
  },
  lag: {
    type: 'summary',
    name: 'epode_event_loop_lag_seconds',
    labels: ['quantile'],
    help: 'How late the event loop was since the last scrape: median, 0.99, and worst (1).',
  },
  connections: {
    type: 'gauge',
    name: 'epode_connections',
    labels: ['listener'],
    help: 'Connections, signed in or not.',
  },
  refused: {
    type: 'counter',
    name: 'epode_refused_connections',
    labels: ['listener', 'reason'],
    help: 'Connections refused: `too-many` in all, `too-many-from-address`, `no-certificate`, `no-proxy`.',
  },
  queued: {
    type: 'gauge',
    name: 'epode_queued_bytes',
    labels: ['listener'],
    help: 'Bytes that wait for clients to read.',
  },
  longestQueue: {
    type: 'gauge',
    name: 'epode_longest_queue_bytes',
    labels: ['listener'],
    help: 'Bytes that wait for the client with most.',
  },
  sessions: {
    type: 'gauge',
    name: 'epode_sessions',
    labels: ['host'],
    help: 'Sessions, available or not, detached ones among them.',
  },
  detached: {
    type: 'gauge',
    name: 'epode_detached_sessions',
    labels: ['host'],
    help: 'Sessions that wait for a client that has lost its connection.',
  },
  resumptions: {
    type: 'counter',
    name: 'epode_resumptions',
    labels: ['host', 'outcome'],
    help: 'Clients that came back for their session: `resumed` or `failed`.',
  },
  signIns: {
    type: 'counter',
    name: 'epode_sign_ins',
    labels: ['mechanism', 'outcome'],
    help: 'Attempts to sign in; `success`, or the condition of RFC 6120 §6.5.',
  },
  slowedSignIns: {
    type: 'counter',
    name: 'epode_slowed_sign_ins',
    labels: ['answer'],
    help: 'Failed attempts that were not answered at once, after many: `late`, or `none` where the stream ended instead.',
  },
  waitingPasswords: {
    type: 'gauge',
    name: 'epode_waiting_passwords',
    help: 'Passwords that wait to be hashed.',
  },
  stanzas: {
    type: 'counter',
    name: 'epode_stanzas',
    labels: ['host', 'kind', 'outcome'],
    help: 'Stanzas from clients, and what became of them: `done`, `dropped`, `error`.',
  },
  credentials: {
    type: 'counter',
    name: 'epode_issued_credentials',
    labels: ['host'],
    help: 'Times that a client was given time-limited credentials for a STUN or TURN server.',
  },
  calls: {
    type: 'counter',
    name: 'epode_calls',
    labels: ['host', 'outcome'],
    help: 'Calls that clients have proposed, and those refused as too many: `proposed`, `refused`.',
  },
  uploads: {
    type: 'counter',
    name: 'epode_uploads',
    labels: ['host', 'outcome'],
    help: 'Files that clients upload: `stored`, `refused` (slots as well), `failed` on the way.',
  },
  keptUploads: {
    type: 'gauge',
    name: 'epode_stored_upload_bytes',
    labels: ['host'],
    help: 'Bytes of the uploaded files that are kept.',
  },
  components: {
    type: 'gauge',
    name: 'epode_connected_components',
    labels: ['component'],
    help: '1 where the external component is connected, else 0.',
  },
  componentStanzas: {
    type: 'counter',
    name: 'epode_component_stanzas',
    labels: ['component', 'kind', 'outcome'],
    help: 'Stanzas from external components, and what became of them, as in `epode_stanzas`.',
  },
  uncommitted: {
    type: 'gauge',
    name: 'epode_uncommitted_batches',
    help: 'Groups of changes on their way to disk.',
  },
  droppedChanges: {
    type: 'counter',
    name: 'epode_dropped_changes',
    help: 'Changes that came too late, since their account had been deleted.',
  },
  commits: {
    type: 'histogram',
    name: 'epode_commit_duration_seconds',
    help: 'From the first change of a batch to its being on disk.',
  },
} as const satisfies Readonly<Record<string, MetricDescription>>;
