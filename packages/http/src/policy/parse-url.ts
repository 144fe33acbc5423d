/** URLs on platforms that lack `URL.parse`. */

/** The URL, or null for what is none. */
export function parseUrl(text: string, base?: string): URL | null {
  try {
    return new URL(text, base);
  } catch {
    return null;
  }
}
