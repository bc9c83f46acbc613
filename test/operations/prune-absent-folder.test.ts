import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkspace, type Workspace } from '../fixtures/holdfast.ts';

describe('prune of a folder that does not exist', () => {
  let workspace: Workspace;

  beforeAll(async () => {
    workspace = await makeWorkspace({ env: { BACKUP_DIR: 'not-mounted/backups' } });
  });
  afterAll(() => workspace.remove());

  it.each([[[]], [['--apply']]])('says so and does not create it %j', async (more) => {
    const pruned = await workspace.run(['prune', ...more]);
    expect(pruned.status, pruned.stderr).toBe(0);
    expect(pruned.stderr).toContain('not-mounted/backups does not exist: is its disk mounted?');
    expect(existsSync(join(workspace.folder, 'not-mounted'))).toBe(false);
  });
});
