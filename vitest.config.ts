import { defineConfig } from 'vitest/config';

const source = (name: string): string => new URL(`packages/${name}`, import.meta.url).pathname;

/** Another version of a client in place of the one that is developed with: `LANE='{"undici":"undici-7"}'`. */
const lane: Record<string, string> = JSON.parse(process.env['LANE'] ?? '{}');

/** Tests run against the sources; what the built packages export is checked by test/packed. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@cutout\/([a-z]+)$/, replacement: `${source('$1')}/src/index.ts` },
      { find: /^@cutout\/([a-z]+)\/([a-z-]+)$/, replacement: `${source('$1')}/src/$2.ts` },
      ...Object.entries(lane).map(([client, other]) => ({ find: new RegExp(`^${client}$`), replacement: other })),
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: process.env['REPORT'] ?? '.reports/tests.json' }]],
    testTimeout: 20_000,
    // Most tests wait for sockets and timers: a core each is not too much for two files at a time.
    maxWorkers: 2,
    restoreMocks: true,
  },
});
