import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildContext } from '../../engine/composition/from-config.ts';
import { loadConfig } from '../../engine/composition/load-config.ts';
import { at, type NamedRepository } from '../../engine/operations/context.ts';
import { copy } from '../../engine/operations/copy.ts';
import { findSet } from '../../engine/operations/find-set.ts';
import { putSuspicion } from '../../engine/operations/marks.ts';
import type { Repository } from '../../engine/ports/repository.ts';
import { writeConfig } from '../fixtures/config.ts';
import { makeDatabase, type TestDatabase } from '../fixtures/database.ts';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';
import { backUp } from '../fixtures/set.ts';

describe('a copy that is made while a drill of the original fails', () => {
  let database: TestDatabase;
  let workspace: Workspace;

  beforeAll(async () => {
    database = await makeDatabase({ sql: 'CREATE TABLE t AS SELECT 1 AS i' });
    workspace = await makeWorkspace();
    await writeConfig(workspace, {
      databases: { db: { url: database.url } },
      repositories: { here: { folder: './here' }, there: { folder: './there' } },
      plans: { default: { repositories: ['here'] } },
    });
  });

  afterAll(async () => {
    await workspace?.remove();
    await database?.drop();
  });

  /** Does something before the manifest of a set is put. */
  function busy(inner: Repository, meanwhile: () => Promise<void>): Repository {
    return new Proxy(inner, {
      get(target, name) {
        if (name === 'put')
          return async (key: string, bytes: Uint8Array) => {
            if (key.endsWith('/manifest.json')) await meanwhile();
            await target.put(key, bytes);
          };
        const member: unknown = Reflect.get(target, name, target);
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
  }

  it('is SUSPECT like the original, though that was good when the copy began', async () => {
    const id = await backUp(workspace);
    expect(await workspace.run(['verify', id])).toMatchObject({ status: 0 });
    const loaded = await loadConfig({ env: workspace.env, cwd: workspace.folder });
    const context = await buildContext(loaded, {
      ...{ repositories: undefined, access: 'read', progress: () => undefined },
      signal: new AbortController().signal,
    });
    const [here, there] = context.repositories as [NamedRepository, NamedRepository];
    const { entry } = await findSet(context, id);
    const fail = () => putSuspicion(at(context, here), entry, { kind: 'drill', content: {} });
    const to = { ...there, repository: busy(there.repository, fail) };
    expect(entry.state).toBe('CHECKED');
    const result = await copy(context, { set: id, to, keepOf: () => undefined });
    expect(result).toMatchObject({ set: id, state: 'SUSPECT' });
  });
});
