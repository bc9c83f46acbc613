import { it } from 'vitest';
import { makeDatabase, databaseNamed } from '../fixtures/database.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
it('x', async () => {
  const d = await makeDatabase({ name: `zz ${Date.now()}\nline`, sql: 'create table t(i int)' });
  const w = await makeWorkspace({ databaseUrl: d.url });
  console.log((await w.run(['backup', '--json'])).stderr);
  const c = databaseNamed(`${d.name} copy`);
  console.log((await w.run(['restore', 'latest', '--create', '--to', c.url, '--json'])).stderr);
  console.log((await w.run(['drill',  '--json'])).stderr);
  await d.drop(); await c.drop(); await w.remove();
});
