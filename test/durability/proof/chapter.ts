import { setTimeout as pause } from 'node:timers/promises';
import { askForPage } from './archive-reader.ts';
import { Client } from './client.ts';
import { Device, type Profile } from './device.ts';
import { type Fault, type Load, type Sweep, schedule } from './faults.ts';
import { type Archived, Chronicle, type History, type Message, messageOf } from './history.ts';
import { Random } from './random.ts';
import { readReceived } from './received.ts';
import { canMoveClock, Server } from './server.ts';

/** Who there is. Nobody writes to cleo, whose client asks for acknowledgements alone. */
const CAST: readonly Profile[] = [
  { account: 'ann', resource: 'laptop', manner: 'resumes' },
  { account: 'ann', resource: 'phone', manner: 'resumes' },
  { account: 'ben', resource: 'laptop', manner: 'plain' },
  { account: 'ben', resource: 'phone', manner: 'plain' },
  { account: 'cleo', resource: 'laptop', manner: 'acknowledges' },
  { account: 'dan', resource: 'phone', manner: 'resumes' },
  { account: 'dan', resource: 'tablet', manner: 'plain' },
  { account: 'eve', resource: 'phone', manner: 'plain' },
  { account: 'fay', resource: 'phone', manner: 'resumes' },
];
const SENDERS = ['ann/laptop', 'ben/laptop', 'cleo/laptop'];
const RECEIVERS = ['ann', 'ben', 'dan', 'eve', 'fay'];

type Restart = Extract<Fault, { readonly late: number }>;

/** Milliseconds for a number of things to happen; a server with nothing to do is killed as well. */
const LULL = 1_500;
/** Milliseconds in which everybody has to be back at the end. */
const PATIENCE = 60_000;
/** Messages that a sender has under way at most. */
const OUTSTANDING = 40;

export interface Told {
  readonly history: History;
  /** When each fact was noted, milliseconds since the beginning. */
  readonly times: readonly number[];
  readonly transcript: readonly string[];
}

/** One server with a directory of its own, from its first start to the verdict. */
export class Chapter {
  readonly #chronicle = new Chronicle();
  readonly transcript: string[] = [];
  readonly #server: Server;
  readonly #devices: readonly Device[];
  readonly #faults: readonly Fault[];
  readonly #seed: string;
  readonly #numbers = new Map<string, number>();
  #isSending = true;
  #isPaused = false;
  #back: Device | null = null;

  constructor(
    directory: string,
    port: number,
    program: readonly string[],
    seed: string,
    load: Load,
  ) {
    this.#seed = seed;
    this.#server = new Server(directory, port, program, this.#chronicle);
    const say = (line: string) => this.transcript.push(line);
    this.#devices = CAST.map((profile) => new Device(profile, port, this.#chronicle, say));
    const names = this.#devices.map(({ name }) => name);
    this.#faults = schedule(new Random(`${seed} faults`), load, names);
  }

  async run(): Promise<Told> {
    try {
      await this.#begin();
      const sending = SENDERS.map((name) => this.#keepsSending(this.#named(name)));
      for (const fault of this.#faults) await this.#meet(fault);
      this.#isSending = false;
      await Promise.all(sending);
      await this.#settle();
      return this.#tell(await this.#readArchives());
    } finally {
      for (const device of this.#devices) void device.leave();
      await this.#server.discard();
    }
  }

  async #begin(): Promise<void> {
    await this.#server.start();
    for (const account of new Set(CAST.map(({ account }) => account))) {
      await this.#server.addAccount(account);
    }
    for (const device of this.#devices) device.come();
    await this.#untilAllAreOnline();
  }

  #named(name: string): Device {
    return this.#devices.find((device) => device.name === name)!;
  }

  async #keepsSending(device: Device): Promise<void> {
    const random = new Random(`${this.#seed} ${device.name}`);
    while (this.#isSending) {
      await pause(random.between(2, 25));
      if (!device.isOnline || this.#isPaused || device.waiting > OUTSTANDING) continue;
      for (let left = random.between(1, 6); left > 0 && device.isOnline; left--) {
        this.#send(device, random);
      }
      void device.confirm();
      if (random.chance(0.3)) for (const other of this.#devices) void other.fence();
    }
  }

  #send(device: Device, random: Random): void {
    const { account } = device.profile;
    const receiver = random.oneOf(RECEIVERS.filter((name) => name !== account));
    const resource = random.oneOf(CAST.filter((one) => one.account === receiver)).resource;
    const isToResource = random.chance(0.15);
    const to = isToResource ? `${receiver}/${resource}` : receiver;
    // What no archive has goes to one device only, so that it is clear who is owed it.
    const isVolatile = !isToResource && receiver === 'fay' && random.chance(0.2);
    device.send(this.#next(account, receiver, isVolatile, to));
  }

  #next(sender: string, receiver: string, isVolatile = false, to = receiver): Message {
    const n = (this.#numbers.get(sender) ?? 0) + 1;
    this.#numbers.set(sender, n);
    return messageOf(sender, receiver, n, isVolatile, to);
  }

  async #meet(fault: Fault): Promise<void> {
    this.transcript.push(`* ${JSON.stringify(fault)}`);
    const back = this.#back;
    this.#back = null;
    if ('late' in fault) await this.#restart(fault);
    else if (fault.kind === 'cut') {
      await this.#happenings(fault.after);
      this.#named(fault.device).cut();
    } else if (fault.kind === 'leave') {
      await this.#leave(this.#named(fault.device));
    } else if (fault.kind === 'clock') {
      if (canMoveClock) this.#server.moveClock(fault.seconds);
      await this.#happenings(20);
    } else if (fault.kind === 'full') await this.#fill(fault.room);
    else await this.#sweep(fault.of);
    back?.come();
  }

  async #restart({ kind, after, late }: Restart): Promise<void> {
    await this.#happenings(after);
    await pause(late);
    if (kind === 'kill') await this.#server.kill();
    else await this.#server.stop();
    await this.#server.start();
  }

  async #leave(device: Device): Promise<void> {
    // A client that goes for good sees to what it has sent first.
    if (!device.isOnline || device.waiting > 0) return;
    await device.leave();
    this.#back = device;
    await this.#happenings(30);
  }

  async #fill(room: number): Promise<void> {
    await this.#server.stop();
    // It may not even get through its start.
    await this.#server.start(room).catch(() => {});
    if (!(await this.#server.fills(20_000))) await this.#server.stop();
    await this.#server.start();
  }

  /** Cuts a connection at each byte of a stanza, and lets the device come back each time. */
  async #sweep(of: Sweep): Promise<void> {
    await this.#untilAllAreOnline();
    const sender = this.#named(of === 'plain message' ? 'ben/laptop' : 'ann/laptop');
    const receiver = this.#named('dan/phone');
    const what = of === 'plain message' ? 'message' : of;
    if (of === 'resume' && !sender.isResumable) return;
    this.#isPaused = true;
    for (let bytes = 0; bytes <= SWEPT[of]; bytes++) {
      await this.#until(() => sender.isOnline && receiver.isOnline);
      const device = of === 'incoming' ? receiver : sender;
      device.cutsAt({ what, bytes });
      if (of !== 'resume' && sender.isOnline) {
        sender.send(this.#next(sender.profile.account, 'dan'));
        void sender.confirm();
      }
      await this.#until(() => !device.isOnline, 200);
    }
    this.#isPaused = false;
  }

  /** Waits until that many messages were heard or acknowledged, at most for a lull. */
  async #happenings(count: number): Promise<void> {
    let left = count;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, LULL);
    this.#chronicle.onFact = () => {
      if (--left <= 0) resolve();
    };
    await promise;
    clearTimeout(timer);
    this.#chronicle.onFact = () => {};
  }

  async #untilAllAreOnline(): Promise<void> {
    await this.#until(() => this.#devices.every(({ isOnline }) => isOnline));
  }

  async #until(isSo: () => boolean, patience = PATIENCE): Promise<void> {
    const deadline = performance.now() + patience;
    while (!isSo() && performance.now() < deadline) await pause(2);
  }

  /** Everybody is there, everything is acknowledged, and everything has arrived. */
  async #settle(): Promise<void> {
    for (const device of this.#devices) device.come();
    await this.#untilAllAreOnline();
    for (let round = 0; round < 20 && this.#devices.some(({ waiting }) => waiting > 0); round++) {
      for (const device of this.#devices) void device.confirm();
      await this.#until(() => this.#devices.every(({ waiting }) => waiting === 0), 500);
    }
    for (const device of this.#devices) {
      if (device.isOnline && device.waiting === 0) await device.fence();
      else this.#amiss(device, `was not back after ${PATIENCE} ms, ${device.waiting} waiting`);
    }
  }

  #amiss(device: Device, what: string): void {
    this.#chronicle.add({ kind: 'amiss', device: device.name, what });
  }

  async #readArchives(): Promise<Map<string, Archived[]> | null> {
    if (!this.#devices[0]!.abilities?.archive) return null;
    const archives = new Map<string, Archived[]>();
    for (const { account } of CAST) {
      if (!archives.has(account)) archives.set(account, await this.#readArchive(account));
    }
    return archives;
  }

  async #readArchive(account: string): Promise<Archived[]> {
    const entries: Archived[] = [];
    const client = new Client(account, {
      onElement: (element) => {
        const received = element.is('message') && readReceived(element, account);
        if (received && received.from === 'archive') {
          entries.push({ id: received.id, stanzaId: received.stanzaId! });
        }
      },
      onFooter: () => {},
      onNonsense: () => {},
      onCut: () => {},
      onText: () => {},
    });
    await client.signIn(this.#server.port);
    await client.bind('oracle');
    for (let after: string | null = null, isComplete = false; !isComplete; ) {
      const page = await askForPage(client, after);
      after = page.last ?? after;
      isComplete = page.isComplete;
    }
    client.wire.cut();
    return entries;
  }

  #tell(archives: Map<string, Archived[]> | null): Told {
    const devices = this.#devices.map(({ name, profile: { account } }) => ({ name, account }));
    const { facts, times } = this.#chronicle;
    return { history: { facts, devices, archives }, times, transcript: this.transcript };
  }
}

/** Bytes at which a connection is cut: those of the whole stanza, and a few more. */
const SWEPT: Readonly<Record<Sweep, number>> = {
  message: 125,
  'plain message': 125,
  incoming: 320,
  resume: 110,
};
