import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Repository } from '../../engine/ports/repository.ts';
import { makeBucket } from '../fixtures/aws.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase } from '../fixtures/database.ts';
import { expectFailure } from '../fixtures/failure.ts';
import { type RunningStore, startForeignStore, storeProgram } from '../fixtures/foreign-store.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';

const program = await storeProgram('gofakes3');

/** It ignores what it does not know: the header of a request, and the subresource that it names. */
describe.skipIf(program === undefined)('gofakes3, a store that is careless', () => {
  let store: RunningStore;
  let repository: Repository;

  beforeAll(async () => {
    store = await startForeignStore('gofakes3', program ?? '');
    repository = (await makeBucket({ store: store.env })).repository();
  });
  afterAll(() => store?.stop());

  it('never has an object replaced by its tags', async () => {
    await repository.put('p/s/manifest.json', Buffer.from('{"schemaVersion":1}'));
    for (const release of [
      () => repository.rehearseRelease('p/s/manifest.json'),
      () => repository.release(['p/s/manifest.json']),
    ])
      await expect(release()).rejects.toMatchObject({
        code: 'STORE_UNFIT',
        hint: expect.stringContaining('retention: delete'),
      });
    expect((await repository.get('p/s/manifest.json')).toString()).toBe('{"schemaVersion":1}');
  });

  it('takes no backup, or one with a warning where the config accepts that', async () => {
    const database = await makeDatabase({ sql: 'CREATE TABLE users AS SELECT 1 AS id' });
    const { name: bucket } = await makeBucket({ store: store.env });
    const workspace = await makeWorkspace({ databaseUrl: database.url, env: store.env });
    const { endpoint } = store;
    const configure = (more: object) =>
      writeConfig(workspace, {
        databases: { ward: { fromEnvironment: true } },
        repositories: { offsite: { bucket, endpoint, retention: 'delete', ...more } },
        plans: { default: {} },
      });
    await configure({});
    const { message } = expectFailure(await workspace.run(['backup', '--json']), {
      code: 'STORE_UNFIT',
    });
    expect(message).toContain('at the end of an upload in parts');
    await configure({ acceptOverwrites: true });
    const taken = await workspace.run(['backup', '--json']);
    expect(taken, taken.stderr).toMatchObject({ status: 0 });
    expect(taken.stderr).toContain('WARNING: offsite ignores If-None-Match at the end');
    await workspace.remove();
    await database.drop();
  });

  it('is found to let an upload in parts replace an object', async () => {
    expect(await repository.isCreateOnly()).toBe(true);
    const trial = repository.trials().find(({ name }) => name === 'uploads in parts');
    expect(await trial?.attempt()).toMatchObject({ status: 'failed' });
  });
});
