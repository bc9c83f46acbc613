import { it } from 'vitest';
import { execFileSync } from 'node:child_process';
import { makeDatabase, databaseNamed } from '../fixtures/database.ts';
import { makeWorkspace } from '../fixtures/holdfast.ts';
it('x', async () => {
  const d = await makeDatabase({ name: `zz ${Date.now()}\nline`, sql: `create table t(i int); create schema "a""b"; create table "a""b"."quo""te" (id serial primary key, "new
line" text default 'x')` });
  const w = await makeWorkspace({ databaseUrl: d.url });
  console.log((await w.run(['backup', '--json'])).stderr);
  console.log((await w.run(['restore', 'latest', '--table', 'quo"te', '--as', 'beside "it"\n. 雪', '--to', d.url, '--json'])).stderr);
  try { execFileSync('sh', ['-c', `cd ${w.folder}; pg_dump -h ${d.host} -U holdfast_drill -Fc -f x.dump -d "$DB"; pg_restore -l x.dump; pg_restore -l x.dump | grep -vE ' DATABASE ' > l; pg_restore --create -L l -f - x.dump | head -50; pg_restore -f - x.dump -t quo\\"te`], { stdio: 'inherit', env: { PATH: process.env.PATH, DB: `dbname='${d.name}'` } }); } catch (e) { console.log(String(e)); }
  await d.drop(); await w.remove();
});
