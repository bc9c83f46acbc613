import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finished, Workspace } from '../fixtures/holdfast.ts';
import { type Cluster, type Clusters, SUPERUSER } from './clusters.ts';
import { differences } from './compare.ts';
import { createDatabase, databaseOf } from './database-of-seed.ts';
import { generate } from './generate.ts';
import { copyPlainly } from './programs.ts';
import { type Refusal, World } from './world.ts';

export interface SeedResult {
  seed: number;
  database: string;
  statements: number;
  refused: Refusal[];
  /** What pg_restore complained of, where it did. */
  plainErrors: string;
  /** What Holdfast failed with, where it did. */
  failures: string[];
  differences: string[];
}

/**
 * Where pg_restore itself is refused something: first minor releases of pg_dump break at a line end
 * in a name, and the owner of a materialized view may have lost what it reads. Holdfast must fail
 * there as well and not call it restored; with --keep-going both bring back the rest.
 */
export function isBeyondPlain({
  plainErrors,
  failures,
}: Pick<SeedResult, 'plainErrors' | 'failures'>): boolean {
  return /error:/.test(plainErrors) && failures[0]?.startsWith('restore: ') === true;
}

export interface SeedOptions {
  clusters: Clusters;
  workspace: Workspace;
  seed: number;
}

/** Makes the database of the seed and brings it back in both ways. */
export async function runSeed({ clusters, workspace, seed }: SeedOptions): Promise<SeedResult> {
  const { source, ours, theirs } = clusters;
  await Promise.all([source, ours, theirs].map((cluster) => cluster.empty()));
  const folder = await mkdtemp(join(workspace.folder, `seed-${seed}-`));
  try {
    const world = await makeWorld(source, seed);
    const { database, statements, refused } = world;
    const env = { DATABASE_URL: source.url(database), BACKUP_DIR: join(folder, 'sets') };
    const failures: string[] = [];
    const attempt = async (args: readonly string[]) => {
      const finished = await workspace.run([...args, '--json'], env);
      if (finished.status !== 0) failures.push(`${args[0]}: ${reasonOf(finished)}`);
    };
    const archive = join(folder, 'plain.dump');
    const restore = ['restore', 'latest', '--create', '--roles', '--to', ours.url(database)];
    const plainErrors = await copyPlainly({ from: source, to: theirs, database, archive });
    await attempt(['backup']);
    await attempt(restore);
    // Plain pg_restore goes on after an error.
    if (isBeyondPlain({ plainErrors, failures })) {
      const kept = await workspace.run([...restore, '--keep-going'], env);
      if (!(await renameIncomplete(ours, database)) && kept.status !== 0)
        failures.push(`kept: ${reasonOf(kept)}`);
    }
    await attempt(['drill']);
    const found = await differences({
      ours,
      theirs,
      source,
      isPlainPartial: /error:/.test(plainErrors),
      database,
      rowsMayMove: world.rowsMayMove,
    }).catch((error: Error) => [error.message]);
    return { seed, database, statements, refused, plainErrors, failures, differences: found };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * A database that lacks something has a name that says so; the comparison asks for its own name.
 * @returns whether there is such a database.
 */
async function renameIncomplete(cluster: Cluster, database: string): Promise<boolean> {
  const admin = await cluster.connect('postgres');
  try {
    const { rows } = await admin.query<{ statement: string }>(
      `SELECT format('ALTER DATABASE %I RENAME TO %I', datname, $1::text) AS statement
       FROM pg_database WHERE datname ~ '_incomplete_[^_]+$'`,
      [database],
    );
    for (const { statement } of rows) await admin.query(statement);
    return rows.length > 0;
  } finally {
    await admin.end();
  }
}

function reasonOf({ stderr, stdout }: Finished): string {
  return `${stderr.trim().split('\n').at(-1)} ${stdout.slice(0, 3000)}`;
}

async function makeWorld(source: Cluster, seed: number): Promise<World> {
  const { major } = source.tools;
  const database = databaseOf(seed, major);
  const admin = await source.connect('postgres');
  await createDatabase(admin, database).finally(() => admin.end());
  const client = await source.connect(database.name);
  try {
    const world = new World(client, { seed, database, major, superuser: SUPERUSER });
    await generate(world);
    return world;
  } finally {
    await client.end();
  }
}
