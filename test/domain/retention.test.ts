import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decideScenario } from '../fixtures/retention-scenario.ts';

const FOLDER = join(import.meta.dirname, '../golden/retention');
const RULE = '=== decisions ===';

/** Each file is a scenario with its decisions below the rule; `vitest -u` writes them anew, for a person to read. */
describe('retention', () => {
  const names = readdirSync(FOLDER);

  it('has its scenarios', () => expect(names.length).toBeGreaterThan(15));

  it.each(names)('decides %s', async (name) => {
    const path = join(FOLDER, name);
    const [scenario = ''] = readFileSync(path, 'utf8').split(RULE);
    await expect(`${scenario}${RULE}\n${decideScenario(scenario)}\n`).toMatchFileSnapshot(path);
  });
});
