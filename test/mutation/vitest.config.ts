/** The tests of the core only: every mutant runs those that reach it. */

import { defineConfig, mergeConfig } from 'vitest/config';
import shared from '../../vitest.config.ts';

const { test, ...rest } = shared as { test: object };

export default mergeConfig(
  rest,
  defineConfig({
    test: {
      ...test,
      include: ['packages/core/src/**/*.test.ts', 'test/model/model.test.ts'],
      reporters: ['default'],
      watch: false,
    },
  }),
);
