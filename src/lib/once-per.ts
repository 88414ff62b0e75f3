/** What has been made for an object, by what else it depends on; each is made once. */
export class OncePer<K extends object, V extends NonNullable<unknown>> {
  readonly #made = new WeakMap<K, Map<string, V>>();

  get(key: K, variant: string, make: () => V): V {
    const variants = this.#made.get(key) ?? new Map<string, V>();
    const known = variants.get(variant);
    if (known !== undefined) return known;
    const value = make();
    this.#made.set(key, variants.set(variant, value));
    return value;
  }
}
