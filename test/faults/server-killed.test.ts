import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, inject, it } from 'vitest';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import { expectCleanFailure } from '../fixtures/aftermath.ts';
import { type Scene, setScene, startHeldBackup } from '../fixtures/scene.ts';

describe('a server that dies in the midst of a dump', () => {
  let server: ThrowAwayServer;
  let scene: Scene;

  beforeEach(async () => {
    server = await ThrowAwayServer.start({
      tools: inject('postgres').tools,
      signal: new AbortController().signal,
    });
    scene = await setScene({ host: server.connection().host, holdAfterBytes: 1_000_000 });
  });

  afterEach(async () => {
    await scene.remove();
    await server.stop();
  });

  it('fails the backup for a passing reason when the whole server is killed', async () => {
    const { running, family } = await startHeldBackup(scene);
    process.kill(server.pid ?? 0, 'SIGKILL');
    await removeSharedMemory(server);
    scene.proxy.thaw();
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: ['CONNECTION_LOST', 'DUMP_FAILED'],
      status: 75,
      isServerDead: true,
    });
  });

  it('fails the backup for a passing reason when one process crashes and the server starts itself anew', async () => {
    const { running, family } = await startHeldBackup(scene);
    const [copy] = await scene.database.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE query LIKE 'COPY %' AND state = 'active'",
    );
    process.kill(copy?.pid ?? 0, 'SIGKILL');
    scene.proxy.thaw();
    await expectCleanFailure(await running.finished, {
      ...scene,
      family,
      code: ['CONNECTION_LOST', 'DUMP_FAILED'],
      status: 75,
    });
  });
});

/** What a killed server leaves in the machine until it is started again, which this one never is. */
async function removeSharedMemory(server: ThrowAwayServer): Promise<void> {
  const lines = (
    await readFile(join(server.connection().host, 'data/postmaster.pid'), 'utf8')
  ).split('\n');
  const [, id = ''] = lines[6]?.trim().split(/\s+/) ?? [];
  await promisify(execFile)('ipcrm', ['-m', id]);
}
