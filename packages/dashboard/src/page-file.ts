/** The built page, with a content security policy that allows only its own script and style. */

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface PageFile {
  readonly html: string;
  /** The `Content-Security-Policy` header. */
  readonly policy: string;
}

/** @throws Error if the package is not built. */
export function readPage(): PageFile {
  const html = readFileSync(new URL('../dist/page.html', import.meta.url), 'utf8');
  return { html, policy: policyOf(html) };
}

function policyOf(html: string): string {
  const directives = [
    "default-src 'none'",
    `script-src ${hashOf(html, 'script')}`,
    `style-src ${hashOf(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return directives.join('; ');
}

function hashOf(html: string, tag: 'script' | 'style'): string {
  const [, content] = new RegExp(`<${tag}[^>]*>(.*?)</${tag}>`, 's').exec(html) ?? [];
  if (content === undefined) throw new Error(`the page has no <${tag}>`);
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
