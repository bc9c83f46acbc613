import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeDatabase, type TestDatabase, urlOf } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { countManifests } from '../fixtures/set.ts';

describe('row-level security', () => {
  const role = `reader_${randomBytes(4).toString('hex')}`;
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({
      sql: `CREATE ROLE ${role} LOGIN;
        CREATE TABLE patients (id int, ward int); INSERT INTO patients SELECT i, i % 3 FROM generate_series(1, 30) i;
        ALTER TABLE patients ENABLE ROW LEVEL SECURITY; CREATE POLICY one_ward ON patients USING (ward = 1);
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`,
    });
    workspace = await makeWorkspace({ databaseUrl: urlOf(database.host, database.name, role) });
  });

  afterAll(async () => {
    await workspace.remove();
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    await database.drop();
  });

  it('that would hide rows is refused, because the backup would miss them in silence', async () => {
    const { message, hint } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'ROW_SECURITY',
    });
    expect(message).toContain('public.patients');
    expect(hint).toContain(`ALTER ROLE "${role}" BYPASSRLS;`);
    expect(await countManifests(workspace)).toBe(0);
  });

  it('is no obstacle to a role with BYPASSRLS, which gets every row', async () => {
    const doctor = await workspace.run(['doctor', '--json']);
    expect(doctor.status).toBe(1);
    const { findings } = doctor.json<{ findings: { name: string; fix: string[] }[] }>();
    const { fix } = findings.find(({ name }) => name === 'row-level security') ?? { fix: [] };
    await database.query(fix.join(' '));
    expect((await workspace.run(['backup', '--json'])).json()).toMatchObject({ rows: 30 });
  });
});
