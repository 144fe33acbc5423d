/** Builds the single-file page `dist/page.html` from the compiled `src/page`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** The size limit of the page. */
const MAX_BYTES = 40_000;

const here = import.meta.dirname;
const source = (name: string): string => readFileSync(join(here, 'src/page', name), 'utf8');

async function script(): Promise<string> {
  const bundle = await rolldown({ input: join(here, 'dist/page/main.js') });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  if (output.length !== 1) throw new Error(`the page's script must be one chunk, got ${output.length}`);
  return output[0].code.trim();
}

/** Removes comments and the space around punctuation, which no value here needs. */
function style(): string {
  return source('page.css')
    .replace(/\/\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};,>]) ?/g, '$1')
    .replace(/: /g, ':')
    .replace(/;}/g, '}')
    .trim();
}

function put(html: string, mark: string, text: string): string {
  const parts = html.split(mark);
  if (parts.length !== 2) throw new Error(`page.html must have ${mark} once, got ${parts.length - 1}`);
  return parts.join(text);
}

const code = await script();
if (/<\/script|<!--/i.test(code)) throw new Error('the page’s script must not have "</script" or "<!--" in it');
const page = put(put(source('page.html').replace(/\n\s*/g, '\n'), '/* page.css */', style()), '/* main.js */', code);
const size = Buffer.byteLength(page);
if (size >= MAX_BYTES) throw new Error(`dist/page.html must be smaller than ${MAX_BYTES} bytes, got ${size}`);
writeFileSync(join(here, 'dist/page.html'), page);
