import { readFileSync } from 'node:fs';

/** The numbers in a list of the kernel's, such as `0-2,5`. */
export function coresIn(list: string): number[] {
  return list
    .trim()
    .split(',')
    .flatMap((range) => {
      const [first = Number.NaN, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, index) => first + index);
    });
}

/** The cores this process may use, which a container's may be any. Core 0 where it cannot be told. */
export function allowedCores(): number[] {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return coresIn(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0');
  } catch {
    return [0];
  }
}
