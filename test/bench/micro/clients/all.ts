/** Every client by the name it has in the table. Only the one asked for is loaded: undici's package would take over Node's own fetch. */

export const CLIENTS = {
  fetch: async () => (await import('./fetch.ts')).forFetch,
  axios: async () => (await import('./axios.ts')).forAxios,
  got: async () => (await import('./got.ts')).forGot,
  'undici.request': async () => (await import('./undici.ts')).forRequest,
  'undici.fetch': async () => (await import('./undici.ts')).forUndiciFetch,
} as const;

export type ClientName = keyof typeof CLIENTS;
