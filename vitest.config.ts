import { defineConfig } from 'vitest/config';

const shared = { environment: 'node', restoreMocks: true } satisfies Record<string, unknown>;
const LOCAL_AWS = 'test/fixtures/aws-setup.ts';
const real = { ...shared, testTimeout: 120_000, hookTimeout: 180_000 };
const withPostgres = { ...real, globalSetup: ['test/fixtures/postgres-setup.ts', LOCAL_AWS] };

/** Runs a suite once more with a bucket and a KMS key beside the folder and the key file. */
const onS3 = { env: { HOLDFAST_TEST_STORE: 's3' } };
const ON_S3 = [
  'connection-frozen',
  'dump-cut-short',
  'huge-value',
  'interrupted-backup',
  'interrupted-drill',
  'server-killed',
  'session-terminated',
  'two-runs',
];
/** About rows and names, which no store sees: on a bucket only in the long run. */
const ON_S3_LONG = process.env.HOLDFAST_TEST_LONG ? ['canary', 'hard-names'] : [];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          testTimeout: 30_000,
          include: [
            'test/{cli,config,domain,stream,adapters,postgres,docs,task}/**/*.test.ts',
            'test/*.test.ts',
          ],
        },
      },
      {
        test: {
          ...shared,
          name: 'stack',
          include: ['test/stack/**/*.test.ts'],
          env: { CDK_VALIDATION: 'false' },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          ...real,
          globalSetup: [LOCAL_AWS],
          name: 'aws',
          include: ['test/aws/**/*.test.ts'],
        },
      },
      {
        test: {
          ...withPostgres,
          name: 'integration',
          include: ['test/{operations,commands}/**/*.test.ts'],
        },
      },
      { test: { ...withPostgres, name: 'faults', include: ['test/faults/**/*.test.ts'] } },
      { test: { ...withPostgres, name: 'round-trip', include: ['test/round-trip/**/*.test.ts'] } },
      {
        test: {
          ...withPostgres,
          ...onS3,
          name: 'faults-s3',
          include: [...ON_S3, ...ON_S3_LONG].map((name) => `test/faults/${name}.test.ts`),
        },
      },
      {
        test: {
          ...withPostgres,
          ...onS3,
          name: 'round-trip-s3',
          include: ['test/round-trip/torture.test.ts'],
        },
      },
      {
        test: {
          ...withPostgres,
          name: 'image',
          include: process.env.HOLDFAST_TEST_IMAGE ? ['test/image/**/*.test.ts'] : [],
          hookTimeout: 900_000,
        },
      },
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
