import { createRequire } from 'node:module';
import { z } from 'zod';
import { defineModule } from '../server/module.ts';
import { Element } from '../xml/element.ts';

const NS_VERSION = 'jabber:iq:version';
const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

/** XEP-0092. The operating system is told only where the operator says so (XEP-0092 §5). */
export default defineModule({
  name: 'version',
  summary: 'Tells the name and version of the server.',
  implements: [{ xep: 92, version: '1.1', status: 'complete' }],
  config: z.strictObject({
    showVersion: z
      .boolean()
      .default(true)
      .describe('Whether the number is told, or the name only.'),
    showSystem: z.boolean().default(false).describe('Whether the operating system is told too.'),
  }),
  setup: ({ config }) => ({
    features: { host: [NS_VERSION] },
    iq: [
      {
        type: 'get',
        name: 'query',
        xmlns: NS_VERSION,
        target: 'host',
        answer() {
          const query = new Element('query', { xmlns: NS_VERSION });
          query.c('name').t('Epode');
          query.c('version').t(config.showVersion ? version : 'hidden');
          if (config.showSystem) query.c('os').t(`${process.platform} ${process.arch}`);
          return query;
        },
      },
    ],
  }),
});
