import pg from 'pg';
import { quoteIdentifier } from '../../engine/domain/table-name.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import type { Toolset } from '../../engine/postgres/tools.ts';

/** Of every cluster here; the superuser of a drill has another name. */
export const SUPERUSER = 'postgres';

/** What a session needs to read the same text whatever a database sets. */
const PLAIN_SESSION = [
  'statement_timeout=0',
  'lock_timeout=0',
  'TimeZone=UTC',
  'DateStyle=ISO',
  'IntervalStyle=postgres',
  'extra_float_digits=3',
  'bytea_output=hex',
  'search_path=pg_catalog',
  'default_transaction_read_only=off',
  'row_security=off',
  'standard_conforming_strings=on',
  'quote_all_identifiers=off',
];

/** A server of a test's own, emptied between one seed and the next. */
export class Cluster {
  readonly tools: Toolset;
  readonly #server: ThrowAwayServer;

  private constructor(server: ThrowAwayServer, tools: Toolset) {
    this.#server = server;
    this.tools = tools;
  }

  static async start(tools: Toolset): Promise<Cluster> {
    const settings = ['wal_level=logical', 'max_wal_senders=4', 'log_min_messages=panic'];
    const signal = new AbortController().signal;
    const server = await ThrowAwayServer.start({ tools, signal, settings });
    const cluster = new Cluster(server, tools);
    const client = new pg.Client({ ...cluster.#place('postgres'), user: 'holdfast_drill' });
    await client.connect();
    await client.query(`CREATE ROLE ${SUPERUSER} SUPERUSER LOGIN CREATEDB CREATEROLE`);
    await client.end();
    return cluster;
  }

  get host(): string {
    return this.#server.connection().host;
  }

  url(database: string): string {
    return `postgresql://${SUPERUSER}@/${encodeURIComponent(database)}?host=${this.host}`;
  }

  /** As libpq takes it in one argument. */
  conninfo(database: string): string {
    const name = database.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
    return `host=${this.host} user=${SUPERUSER} dbname='${name}'`;
  }

  async connect(database: string): Promise<pg.Client> {
    const options = PLAIN_SESSION.map((setting) => `-c ${setting}`).join(' ');
    const client = new pg.Client({ ...this.#place(database), user: SUPERUSER, options });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  /** Drops all databases and roles that a seed made. */
  async empty(): Promise<void> {
    const client = await this.connect('postgres');
    try {
      await this.#dropSubscriptions(client);
      const databases = await client.query<{ name: string }>(
        "SELECT datname AS name FROM pg_database WHERE datname NOT IN ('postgres', 'template0', 'template1')",
      );
      for (const { name } of databases.rows)
        await client.query(`DROP DATABASE ${quoteIdentifier(name)} WITH (FORCE)`);
      const roles = await client.query<{ name: string }>(
        "SELECT rolname AS name FROM pg_roles WHERE rolname !~ '^pg_' AND rolname NOT IN ($1, 'holdfast_drill')",
        [SUPERUSER],
      );
      const names = roles.rows.map(({ name }) => quoteIdentifier(name));
      for (const name of names) await client.query(`DROP OWNED BY ${name}`);
      for (const name of names) await client.query(`DROP ROLE ${name}`);
    } finally {
      await client.end();
    }
  }

  /** They hold their database; none has a slot anywhere. */
  async #dropSubscriptions(client: pg.Client): Promise<void> {
    const found = await client.query<{ database: string; name: string }>(
      'SELECT datname AS database, subname AS name FROM pg_subscription JOIN pg_database d ON d.oid = subdbid',
    );
    for (const { database, name } of found.rows) {
      const there = await this.connect(database);
      const subscription = `SUBSCRIPTION ${quoteIdentifier(name)}`;
      await there.query(`ALTER ${subscription} SET (slot_name = NONE)`);
      await there.query(`DROP ${subscription}`);
      await there.end();
    }
  }

  stop(): Promise<void> {
    return this.#server.stop();
  }

  #place(database: string): pg.ClientConfig {
    return { host: this.host, port: 5432, database };
  }
}

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
