import { describe, inject } from 'vitest';
import { testSeeds } from '../differential/on-major.ts';
import { seedsByMajor } from '../differential/seeds.ts';

const { majors } = inject('postgres');
const seeds = seedsByMajor(majors);

describe.each(majors)('on PostgreSQL $major random schemas', (tools) => {
  testSeeds('of seed %i come back as pg_restore brings them', {
    tools,
    seeds: seeds.get(tools.major) ?? [],
  });
});
