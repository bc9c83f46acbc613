import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Session } from '../../engine/postgres/session.ts';
import { ThrowAwayServer } from '../../engine/postgres/throw-away-server.ts';
import type { Toolset } from '../../engine/postgres/tools.ts';
import { freePort } from '../../setup/free-port.ts';
import { clinicRows } from '../clinic-rows.ts';
import { clinicSchema } from '../clinic-schema.ts';

/** A made-up clinic on a server that lets in nobody without a password, as a database in the cloud would. */
export class GuardedClinic {
  readonly port: number;
  readonly password = randomBytes(12).toString('hex');
  readonly #folder: string;
  readonly #server: ThrowAwayServer;

  private constructor(server: ThrowAwayServer, { port, folder }: { port: number; folder: string }) {
    this.#server = server;
    this.#folder = folder;
    this.port = port;
  }

  static async start({
    tools,
    signal,
    vitals,
  }: {
    tools: Toolset;
    signal: AbortSignal;
    vitals: number;
  }): Promise<GuardedClinic> {
    const folder = await mkdtemp(join(tmpdir(), 'hf-clinic-'));
    await chmod(folder, 0o755);
    await writeFile(
      join(folder, 'pg_hba.conf'),
      'local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n',
    );
    const port = await freePort();
    const settings = [`hba_file=${folder}/pg_hba.conf`, 'listen_addresses=127.0.0.1'];
    const clinic = new GuardedClinic(
      await ThrowAwayServer.start({ tools, signal, port, settings }),
      { port, folder },
    );
    await clinic.#fill(vitals);
    return clinic;
  }

  /** What RDS writes into its secret. */
  get secret(): Record<string, unknown> {
    return {
      engine: 'postgres',
      username: 'backup',
      password: this.password,
      host: '127.0.0.1',
      port: this.port,
      dbname: 'clinic',
    };
  }

  /** As a superuser, through the socket. */
  async query(sql: string, database = 'clinic'): Promise<Record<string, unknown>[]> {
    const session = await Session.open(this.#server.connection(database), {
      applicationName: 'the clinic',
    });
    try {
      await session.query("SELECT pg_catalog.set_config('search_path', 'public', false)");
      return await session.query(sql);
    } finally {
      await session.end();
    }
  }

  /** Safe to repeat. */
  async stop(): Promise<void> {
    await this.#server.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #fill(vitals: number): Promise<void> {
    await this.query(
      `CREATE ROLE backup LOGIN PASSWORD '${this.password}' IN ROLE pg_read_all_data`,
      'postgres',
    );
    await this.query('CREATE DATABASE clinic', 'postgres');
    await this.query(clinicSchema);
    await this.query(clinicRows({ vitals }));
  }
}
