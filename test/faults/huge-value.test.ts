import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

const MEGABYTES = 300;

describe('one value of 300 MB', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE TABLE scans (id int, image bytea); ALTER TABLE scans ALTER image SET STORAGE EXTERNAL;
        INSERT INTO scans SELECT 1, convert_to(repeat('x', ${MEGABYTES} * 1024 * 1024), 'UTF8')`,
    });
    workspace = await makeWorkspace({ databaseUrl: database.url });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.drop();
  });

  it('is named by doctor, with the memory that it takes', async () => {
    const { findings } = (await workspace.run(['doctor', '--json'])).json<{
      findings: { name: string; detail: string }[];
    }>();
    const { detail } = findings.find(({ name }) => name === 'memory') ?? {};
    expect(detail).toMatch(
      /^the largest stored value has 31\d(\.\d)? MB \(table scans\): a dump or a restore takes up to 1\.\d+ GB of memory/,
    );
  });

  it('is backed up and read back to its end', async () => {
    const backup = await workspace.run(['backup', '--json']);
    expect(backup).toMatchObject({ status: 0 });
    const { plaintextBytes } = backup.json<{ plaintextBytes: number }>();
    expect(plaintextBytes).toBeGreaterThan(2 * MEGABYTES * 1024 * 1024);
    expect(await workspace.run(['verify', 'latest', '--json'])).toMatchObject({ status: 0 });
  });
});
