import { defineConfig } from 'vitest/config';

const source = (name: string): string => new URL(`packages/${name}`, import.meta.url).pathname;

/** Tests run against the sources; what the built packages export is checked by test/packed. */
export default defineConfig({
  resolve: {
    alias: [
      { find: /^@cutout\/([a-z]+)$/, replacement: `${source('$1')}/src/index.ts` },
      { find: /^@cutout\/([a-z]+)\/([a-z-]+)$/, replacement: `${source('$1')}/src/$2.ts` },
    ],
  },
  test: {
    include: ['packages/*/test/**/*.test.ts', 'packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    reporters: ['default', ['json', { outputFile: '.reports/tests.json' }]],
    testTimeout: 20_000,
    restoreMocks: true,
  },
});
