/** Every client by its name in the table. Loaded on demand: undici's package would replace Node's own fetch. */

export const CLIENTS = {
  fetch: async () => (await import('./fetch.ts')).forFetch,
  axios: async () => (await import('./axios.ts')).forAxios,
  got: async () => (await import('./got.ts')).forGot,
  'undici.request': async () => (await import('./undici.ts')).forRequest,
  'undici.fetch': async () => (await import('./undici.ts')).forUndiciFetch,
} as const;

export type ClientName = keyof typeof CLIENTS;
