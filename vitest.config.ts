import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', restoreMocks: true } satisfies Record<string, unknown>;
const withPostgres = { ...shared, globalSetup: ['test/fixtures/postgres-setup.ts'], testTimeout: 120_000, hookTimeout: 180_000 };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['test/{cli,config,domain,stream,adapters,postgres,docs}/**/*.test.ts', 'test/*.test.ts'],
        },
      },
      { test: { ...withPostgres, name: 'integration', include: ['test/{operations,commands}/**/*.test.ts'] } },
      { test: { ...withPostgres, name: 'faults', include: ['test/faults/**/*.test.ts'] } },
      { test: { ...withPostgres, name: 'round-trip', include: ['test/round-trip/**/*.test.ts'] } },
      {
        test: {
          ...withPostgres,
          name: 'long',
          include: process.env.HOLDFAST_TEST_LONG ? ['test/long/**/*.test.ts'] : [],
          testTimeout: 1_800_000,
        },
      },
    ],
  },
});
