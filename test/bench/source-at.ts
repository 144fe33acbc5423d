/** Where a place in a file that was built comes from. */

import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Node's own reader of maps, `--enable-source-maps`, makes each stack that a program renders dear. */
const maps = new Map<string, SourceMap | undefined>();

/**
 * The source of a place, relative to the root; of what was not built here, the file itself.
 *
 * @param path Of the file that runs.
 * @param line From 0, as `column`.
 */
export function sourceAt(path: string, line: number, column: number): string {
  const entry = mapOf(path)?.findEntry(line, column);
  const source = entry && 'originalSource' in entry ? join(dirname(path), entry.originalSource) : path;
  return relative(ROOT, source);
}

function mapOf(path: string): SourceMap | undefined {
  if (!maps.has(path)) maps.set(path, read(`${path}.map`));
  return maps.get(path);
}

function read(file: string): SourceMap | undefined {
  return existsSync(file) ? new SourceMap(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}
