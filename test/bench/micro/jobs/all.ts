/** The jobs that run in separate processes, by name. */

export const JOBS = {
  closed: async () => (await import('./closed.ts')).closed,
  refused: async () => (await import('./refused.ts')).refused,
  weight: async () => (await import('./weight.ts')).weight,
  creation: async () => (await import('./creation.ts')).creation,
  idle: async () => (await import('./idle.ts')).idle,
  manyKeys: async () => (await import('./many-keys.ts')).manyKeys,
  server: async () => (await import('./server.ts')).server,
  adapter: async () => (await import('./adapter.ts')).adapter,
  attached: async () => (await import('./attached.ts')).attached,
} as const;

export type JobName = keyof typeof JOBS;
type Run<N extends JobName> = Awaited<ReturnType<(typeof JOBS)[N]>>;
export type Input<N extends JobName> = Parameters<Run<N>>[0];
export type Output<N extends JobName> = Awaited<ReturnType<Run<N>>>;
