import { readFileSync } from 'node:fs';
import { configPage } from './config-page.ts';
import { configSchema } from './config-schema.ts';
import { errorsPage } from './errors-page.ts';
import { metricsPage } from './metrics-page.ts';
import { doap, xepsPage } from './xeps.ts';

/** All that is made from the source, by path. */
export function referenceDocuments(): ReadonlyMap<string, string> {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return new Map([
    ['conf/epode.schema.json', `${JSON.stringify(configSchema(), null, 2)}\n`],
    ['docs/config.md', configPage()],
    ['docs/errors.md', errorsPage()],
    ['docs/metrics.md', metricsPage()],
    ['docs/xeps.md', xepsPage()],
    ['epode.doap', doap(JSON.parse(manifest) as { description: string })],
  ]);
}
