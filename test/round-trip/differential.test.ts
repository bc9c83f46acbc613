import { describe, inject } from 'vitest';
import { fixedSeeds } from '../differential/cases.ts';
import { testSeeds } from '../differential/on-major.ts';

describe.each(inject('postgres').majors)('on PostgreSQL $major a random schema', (tools) => {
  testSeeds('of seed %i comes back as pg_restore brings it, and is proven', {
    tools,
    seeds: fixedSeeds(tools),
  });
});
