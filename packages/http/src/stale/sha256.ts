/** SHA-256 (FIPS 180-4) where the platform has none that answers at once. */

/** The fractional parts of the roots of the first primes: cube roots for the rounds, square roots for the beginning. */
const PRIMES = primes(64);
const ROUNDS = Uint32Array.from(PRIMES, prime => fraction(Math.cbrt(prime)));
const BEGINNING = PRIMES.slice(0, 8).map(prime => fraction(Math.sqrt(prime)));

/** The hash of a text's UTF-8 as 64 small hexadecimal digits. */
export function sha256(text: string): string {
  const state = Uint32Array.from(BEGINNING);
  const message = padded(new TextEncoder().encode(text));
  for (let at = 0; at < message.byteLength; at += 64) mixIn(state, message, at);
  return Array.from(state, word => word.toString(16).padStart(8, '0')).join('');
}

/** A one bit, zeros, and the length in bits, to a multiple of 64 bytes. */
function padded(bytes: Uint8Array): DataView {
  const view = new DataView(new ArrayBuffer(Math.ceil((bytes.byteLength + 9) / 64) * 64));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.byteLength, 0x80);
  view.setBigUint64(view.byteLength - 8, BigInt(bytes.byteLength) * 8n);
  return view;
}

function mixIn(state: Uint32Array, message: DataView, at: number): void {
  const words = scheduleOf(message, at);
  let [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = state;
  for (let i = 0; i < 64; i++) {
    const chosen = (e & f) ^ (~e & g);
    const most = (a & b) ^ (a & c) ^ (b & c);
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + (ROUNDS[i] ?? 0) + (words[i] ?? 0);
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  for (const [i, word] of [a, b, c, d, e, f, g, h].entries()) state[i] = (state[i] ?? 0) + word;
}

function scheduleOf(message: DataView, at: number): Uint32Array {
  const words = new Uint32Array(64);
  for (let i = 0; i < 16; i++) words[i] = message.getUint32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const near = words[i - 2] ?? 0;
    const far = words[i - 15] ?? 0;
    const spread = (turn(far, 7) ^ turn(far, 18) ^ (far >>> 3)) + (turn(near, 17) ^ turn(near, 19) ^ (near >>> 10));
    words[i] = (words[i - 16] ?? 0) + (words[i - 7] ?? 0) + spread;
  }
  return words;
}

function turn(word: number, by: number): number {
  return (word >>> by) | (word << (32 - by));
}

function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32);
}

function primes(count: number): number[] {
  const found: number[] = [];
  for (let each = 2; found.length < count; each++) {
    if (found.every(prime => each % prime !== 0)) found.push(each);
  }
  return found;
}
