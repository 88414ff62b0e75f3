import type { HttpRoute } from './http-route.ts';

/** The routes of one host: the longest path that fits a request is its route. */
export class HttpRouteTable {
  readonly #exact = new Map<string, HttpRoute>();
  readonly #prefixes = new Map<string, HttpRoute>();
  readonly #owners = new Map<string, string>();

  /** Throws when another module answers below the same path. */
  add(route: HttpRoute, module: string): void {
    const { path } = route;
    const other = this.#owners.get(path);
    if (other) throw new Error(`modules ${other} and ${module} both answer ${path}`);
    this.#owners.set(path, module);
    if (path.endsWith('/')) this.#prefixes.set(path, route);
    else this.#exact.set(path, route);
  }

  /** `answer http GET, PUT /upload/: upload`, a line for each route. */
  describe(): string[] {
    return [...this.#exact.values(), ...this.#prefixes.values()]
      .map(({ path, methods }) => [path, methods.join(', ')] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([path, methods]) => `answer http ${methods} ${path}: ${this.#owners.get(path)}`);
  }

  find(path: string): HttpRoute | null {
    const exact = this.#exact.get(path);
    if (exact) return exact;
    for (let end = path.lastIndexOf('/'); end >= 0; end = path.lastIndexOf('/', end - 1)) {
      const found = this.#prefixes.get(path.slice(0, end + 1));
      if (found) return found;
      if (end === 0) break;
    }
    return null;
  }
}
