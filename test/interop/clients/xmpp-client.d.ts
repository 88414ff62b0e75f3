/** The part of @xmpp/client 0.14 used here; the package ships no types. */
declare module '@xmpp/client' {
  import type { EventEmitter } from 'node:events';
  import type { Element } from 'ltx';

  type Address = { toString(): string; bare(): Address; readonly resource: string };
  type Options = {
    service: string;
    domain: string;
    username: string;
    password: string;
    /** Milliseconds for each step. */
    timeout?: number;
  };
  type Entity = EventEmitter & {
    reconnect: { stop(): void };
    /** The connection; null without one. */
    socket: { end(): void };
    streamManagement: EventEmitter;
    iqCaller: { request(iq: Element, timeoutMs?: number): Promise<Element> };
    iqCallee: {
      set(xmlns: string, name: string, handle: (context: { element: Element }) => object): void;
    };
    start(): Promise<Address>;
    stop(): Promise<void>;
    send(stanza: Element): Promise<void>;
  };

  export function client(options: Options): Entity;
  export function jid(text: string): Address;
  export function xml(
    name: string,
    attributes?: Record<string, string | undefined>,
    ...children: (Element | string | undefined)[]
  ): Element;
}
