/** Everything that is measured in a process of its own, by name. */

export const JOBS = {
  closed: async () => (await import('./closed.ts')).closed,
  refused: async () => (await import('./refused.ts')).refused,
  weight: async () => (await import('./weight.ts')).weight,
  creation: async () => (await import('./creation.ts')).creation,
  idle: async () => (await import('./idle.ts')).idle,
  manyKeys: async () => (await import('./many-keys.ts')).manyKeys,
  server: async () => (await import('./server.ts')).server,
  loopback: async () => (await import('./loopback.ts')).loopback,
  ownTime: async () => (await import('./own-time.ts')).ownTime,
  profile: async () => (await import('./profile.ts')).profile,
  allocated: async () => (await import('./allocated.ts')).allocated,
  refusedByAdapter: async () => (await import('./refused-by-adapter.ts')).refusedByAdapter,
  origins: async () => (await import('./origins.ts')).origins,
  attached: async () => (await import('./attached.ts')).attached,
} as const;

export type JobName = keyof typeof JOBS;
type Run<N extends JobName> = Awaited<ReturnType<(typeof JOBS)[N]>>;
export type Input<N extends JobName> = Parameters<Run<N>>[0];
export type Output<N extends JobName> = Awaited<ReturnType<Run<N>>>;
