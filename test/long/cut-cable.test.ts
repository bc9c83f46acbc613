import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { layCable } from '../fixtures/cuttable-cable.ts';
import { startTcpServer } from '../fixtures/tcp-servers.ts';

const SCRIPT = join(import.meta.dirname, '../fixtures/held-sessions.ts');
const OURS = `SELECT application_name FROM pg_stat_activity
  WHERE application_name IN ('holdfast idle', 'holdfast busy')`;

const cable = await layCable();
if (cable === undefined)
  process.stderr.write('skipped: the test of a cut cable, which needs Linux and root\n');

describe.skipIf(cable === undefined)('a cable that is cut', () => {
  afterAll(() => cable?.remove());

  it('leaves no session of ours on the server after two minutes', {
    timeout: 240_000,
  }, async () => {
    if (cable === undefined) return;
    const folder = await mkdtemp(join(tmpdir(), 'hf-cable-'));
    const rules = join(folder, 'pg_hba.conf');
    await writeFile(rules, `local all all trust\nhost all all ${cable.subnet} trust\n`);
    await chmod(folder, 0o755);
    const { address } = cable;
    const server = await startTcpServer({ address, settings: [`hba_file=${rules}`] });
    const url = `postgresql://${server.user}@${address}:${server.port}/postgres?sslmode=disable`;
    const client = cable.startAtFarEnd(process.execPath, [SCRIPT, url]);
    try {
      await vi.waitFor(async () => expect(await server.query(OURS)).toHaveLength(2), {
        timeout: 30_000,
      });
      await cable.cut();
      await vi.waitFor(async () => expect(await server.query(OURS)).toEqual([]), {
        timeout: 120_000,
        interval: 1_000,
      });
    } finally {
      client.kill('SIGKILL');
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
