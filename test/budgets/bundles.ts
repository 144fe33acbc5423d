/** What an import costs a page: the code that a bundler links for it, minified and gzipped. Clients themselves are left out. */

import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Plugin, rolldown } from 'rolldown';

const ROOT = join(import.meta.dirname, '../..');
/** Never written: a path from which the packages of the workspace are found. */
const ENTRY = join(ROOT, 'bundle-entry.js');
const CLIENTS = [/^(axios|got|undici)(\/|$)/, /^node:/];

/** @param entry A module's text. What it exports is kept. */
export async function bundledBytes(entry: string): Promise<number> {
  const bundle = await rolldown({
    input: ENTRY,
    external: CLIENTS,
    plugins: [textModule(entry)],
    onLog(level, log) {
      if (level === 'warn') throw new Error(`bundling ${JSON.stringify(entry)}: ${log.message}`);
    },
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true, comments: false });
  await bundle.close();
  return gzipSync(output[0].code, { level: 9 }).length;
}

function textModule(text: string): Plugin {
  return {
    name: 'text-module',
    resolveId: id => (id === ENTRY ? id : undefined),
    load: id => (id === ENTRY ? text : undefined),
  };
}
