/** Every stubbed client by the name it has in the tables. Only the one that is measured is loaded. */

export const STUBBED = {
  'fetch without body': async () => (await import('./fetch.ts')).fetchWithoutBody,
  'fetch with json()': async () => (await import('./fetch.ts')).fetchWithBody,
  axios: async () => (await import('./axios.ts')).stubbedAxios,
  got: async () => (await import('./got.ts')).stubbedGot,
  'undici.request': async () => (await import('./undici.ts')).stubbedUndici,
} as const;

export type StubbedName = keyof typeof STUBBED;
