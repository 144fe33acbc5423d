/** The usual hand-written hedge: a second fetch after a fixed time. The first good answer wins, the other is aborted. */

type Outcome = { readonly text: string; readonly by: AbortController };

export async function hedgeByHand(url: string, delayMs: number): Promise<string> {
  const first = new AbortController();
  const second = new AbortController();
  const started = read(url, first);
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, delayMs);
  const hedge = late.then(() => read(url, second));
  const { text, by } = await Promise.any([started, hedge]);
  clearTimeout(timer);
  (by === first ? second : first).abort();
  return text;
}

async function read(url: string, by: AbortController): Promise<Outcome> {
  const response = await fetch(url, { signal: by.signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return { text: await response.text(), by };
}
