interface Parser {
  parseFromString(text: string, type: string): unknown;
}

/** Strophe.js brings one along. */
declare const DOMParser: new () => Parser;

/** As much of a browser's XMLHttpRequest as Strophe.js asks of one, over `fetch`. */
export class FetchedRequest {
  /** Those that have no answer yet. */
  static readonly #pending = new Set<FetchedRequest>();
  onreadystatechange: () => void = () => {};
  readyState = 0;
  status = 0;
  responseText = '';
  responseXML: unknown = null;
  readonly #headers = new Map<string, string>();
  readonly #abort = new AbortController();
  #method = '';
  #url = '';

  /** Breaks the connections of all that are under way, as a bad line does. */
  static breakAll(): void {
    for (const request of FetchedRequest.#pending) request.#abort.abort('broken');
  }

  open(method: string, url: string): void {
    this.#method = method;
    this.#url = url;
    this.#become(1);
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers.set(name, value);
  }

  send(body: string): void {
    FetchedRequest.#pending.add(this);
    void this.#fetch(body).finally(() => {
      FetchedRequest.#pending.delete(this);
      this.#become(4);
    });
  }

  getAllResponseHeaders(): string {
    return '';
  }

  abort(): void {
    this.#abort.abort();
  }

  async #fetch(body: string): Promise<void> {
    const headers = Object.fromEntries(this.#headers);
    const { signal } = this.#abort;
    try {
      const answer = await fetch(this.#url, { method: this.#method, headers, body, signal });
      this.responseText = await answer.text();
      this.responseXML = new DOMParser().parseFromString(this.responseText, 'text/xml');
      this.status = answer.status;
    } catch {
      // A browser tells no more than that there is no status.
      this.status = 0;
    }
  }

  #become(state: number): void {
    this.readyState = state;
    this.onreadystatechange();
  }
}
