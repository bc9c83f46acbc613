import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Repository } from '../../engine/ports/repository.ts';
import { makeBucket } from '../fixtures/aws.ts';
import { type RunningStore, startForeignStore, storeProgram } from '../fixtures/foreign-store.ts';

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

  it('is found to let an upload in parts replace an object', async () => {
    expect(await repository.isCreateOnly()).toBe(true);
    const trial = repository.trials().find(({ name }) => name === 'uploads in parts');
    expect(await trial?.attempt()).toMatchObject({ status: 'failed' });
  });
});
