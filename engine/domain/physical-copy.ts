import { z } from 'zod';

const count = z.int().nonnegative();
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/);

/** What a recovery has to know of a copy of a whole server. */
export const physicalSchema = z.looseObject({
  startLsn: lsn.describe('Where recovery begins.'),
  endLsn: lsn.describe('Where the copy is consistent.'),
  timeline: count,
  previous: z.string().nullable().describe('Id of the set this one is incremental to.'),
  segmentBytes: count.describe('Bytes of a WAL segment of the server.'),
  hasWal: z.boolean().describe('Whether the set holds the WAL from startLsn to endLsn itself.'),
  tablespaces: z
    .array(z.looseObject({ oid: count, path: z.string() }))
    .describe('Tablespaces outside of the data directory, and where they lay on the server.'),
  hasChecksums: z.boolean().describe('Whether the server checks its pages by a checksum.'),
  architecture: z.string().describe('What version() says the server was built for.'),
  databases: z
    .array(
      z.looseObject({
        name: z.string(),
        collationVersion: z.string().nullable(),
        sizeBytes: count,
      }),
    )
    .describe('Databases of the server that take connections.'),
  settings: z
    .array(z.looseObject({ name: z.string(), value: z.string() }))
    .describe('Settings of the server that are not the defaults, as its own session shows them.'),
});
