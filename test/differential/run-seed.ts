import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { quoteIdentifier } from '../../engine/domain/table-name.ts';
import type { Toolset } from '../../engine/postgres/tools.ts';
import type { Finished, Workspace } from '../fixtures/holdfast.ts';
import { Cluster, SUPERUSER } from './clusters.ts';
import { differences } from './compare.ts';
import { generate } from './generate.ts';
import { copyPlainly } from './programs.ts';
import { Random } from './random.ts';
import { type Refusal, World } from './world.ts';

/** The source, what Holdfast makes of it, and what PostgreSQL's own tools make of it. */
export interface Clusters {
  source: Cluster;
  ours: Cluster;
  theirs: Cluster;
}

export async function startClusters(tools: Toolset): Promise<Clusters> {
  const [source, ours, theirs] = await Promise.all([1, 2, 3].map(() => Cluster.start(tools)));
  if (source === undefined || ours === undefined || theirs === undefined)
    throw new Error('a cluster is missing');
  return { source, ours, theirs };
}

export async function stopClusters({ source, ours, theirs }: Clusters): Promise<void> {
  await Promise.all([source, ours, theirs].map((cluster) => cluster.stop()));
}

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
    await attempt(['backup']);
    await attempt(['restore', 'latest', '--create', '--roles', '--to', ours.url(database)]);
    await attempt(['drill']);
    const plainErrors = await copyPlainly({ from: source, to: theirs, database, archive });
    const found = await differences({
      ours,
      theirs,
      database,
      rowsMayMove: world.rowsMayMove,
    }).catch((error: Error) => [error.message]);
    return { seed, database, statements, refused, plainErrors, failures, differences: found };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reasonOf({ stderr, stdout }: Finished): string {
  return `${stderr.trim().split('\n').at(-1)} ${stdout.slice(0, 3000)}`;
}

async function makeWorld(source: Cluster, seed: number): Promise<World> {
  const random = new Random(seed ^ 0x5eed);
  const database = random.pick(['clinic', 'Clinic A', "it's", 'a"b', 'naïve', 'a=b c', 'x-1']);
  const locale = random.pick([
    "LC_COLLATE 'C' LC_CTYPE 'C'",
    "LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'",
    ...(source.tools.major >= 15
      ? ["LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'de-AT'"]
      : []),
    ...(source.tools.major >= 17
      ? ["LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LC_COLLATE 'C' LC_CTYPE 'C'"]
      : []),
  ]);
  const admin = await source.connect('postgres');
  await admin.query(
    `CREATE DATABASE ${quoteIdentifier(database)} TEMPLATE template0 ENCODING UTF8 ${locale}`,
  );
  await admin.end();
  const client = await source.connect(database);
  try {
    const world = new World(client, {
      seed,
      database,
      major: source.tools.major,
      superuser: SUPERUSER,
    });
    await generate(world);
    return world;
  } finally {
    await client.end();
  }
}
