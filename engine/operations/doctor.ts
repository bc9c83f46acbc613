import { MAX_CLOCK_SKEW_SECONDS } from '../contract.ts';
import { isHoldfastError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repository } from '../ports/repository.ts';
import type { ConnectionSettings } from '../postgres/connection-settings.ts';
import { describeConnection } from '../postgres/connection-settings.ts';
import { readPrivileges } from '../postgres/privileges.ts';
import { listRelations } from '../postgres/relations.ts';
import { assertNoPooler, assertSupported, majorOf, readClockAhead } from '../postgres/server-facts.ts';
import { Session } from '../postgres/session.ts';
import { chooseToolset, type Toolset } from '../postgres/tools.ts';

export interface Finding {
  subject: string;
  name: string;
  status: 'ok' | 'warning' | 'failed';
  detail: string;
  /** Statements or commands that mend it. */
  fix: string[];
}

const FULL_DISK = 0.85;
const UNTESTED_MAJORS = [14, 16];

/** Everything a backup of this database needs, each asked for itself; a failure never hides the others. */
export async function examineDatabase(
  name: string,
  { settings, toolsets, clock }: { settings: ConnectionSettings; toolsets: readonly Toolset[]; clock: Clock },
): Promise<Finding[]> {
  const examination = new Examination(name);
  const session = await examination.tryOut('connection', async () => {
    const opened = await Session.open(settings, { applicationName: 'holdfast doctor' });
    return {
      value: opened,
      detail: `${describeConnection(settings)} as ${settings.user}${settings.sslmode === 'disable' ? '' : `, TLS ${settings.sslmode}`}`,
    };
  });
  if (session === undefined) return examination.findings;
  try {
    await examineServer(examination, { session, toolsets, clock });
    await examinePrivileges(examination, session);
    return examination.findings;
  } finally {
    await session.end();
  }
}

interface ServerOptions {
  session: Session;
  toolsets: readonly Toolset[];
  clock: Clock;
}

async function examineServer(examination: Examination, { session, toolsets, clock }: ServerOptions): Promise<void> {
  const major = majorOf(session.serverVersionNum);
  await examination.tryOut('version', async () => {
    assertSupported(session);
    return {
      detail: `PostgreSQL ${major}${UNTESTED_MAJORS.includes(major) ? ' (supported, but this version of Holdfast was not tested with it)' : ''}`,
    };
  });
  await examination.tryOut('no pooler', async () => {
    await assertNoPooler(session);
    return { detail: 'sessions reach the server itself' };
  });
  await examination.tryOut('dump programs', async () => {
    const tools = chooseToolset(toolsets, { major });
    const isExact = tools.major === major;
    return {
      detail: `pg_dump ${tools.version}`,
      status: isExact ? 'ok' : 'warning',
      fix: isExact ? [] : [`# archives will need pg_restore ${tools.major}; better: apt-get install postgresql-client-${major}`],
    };
  });
  await examination.tryOut(
    'server programs for drills',
    async () => ({ detail: `PostgreSQL ${chooseToolset(toolsets, { major, needsServer: true }).version}` }),
    'warning',
  );
  await examination.tryOut('clock', async () => {
    const seconds = Math.round((await readClockAhead(session, clock)) / 1000);
    const isNear = Math.abs(seconds) <= MAX_CLOCK_SKEW_SECONDS;
    return {
      detail: `${Math.abs(seconds)} s apart from the server's`,
      status: isNear ? 'ok' : 'failed',
      fix: isNear ? [] : ['timedatectl set-ntp true'],
    };
  });
}

async function examinePrivileges(examination: Examination, session: Session): Promise<void> {
  await examination.tryOut('privileges', async () => {
    const { gaps, role } = await readPrivileges(session);
    if (gaps.length > 0)
      return { status: 'failed', detail: `role ${role} may not read ${gaps.length} objects`, fix: gaps.map(({ grant }) => grant) };
    return {
      detail: `role ${role} may read all ${(await listRelations(session, { withSizes: false })).length} tables, all sequences and large objects`,
    };
  });
  await examination.tryOut('row-level security', async () => {
    const { rowSecurity, role } = await readPrivileges(session);
    if (rowSecurity.length === 0) return { detail: 'hides no rows from this role' };
    return {
      status: 'failed',
      detail: `hides rows of ${rowSecurity.join(', ')}`,
      fix: [`ALTER ROLE "${role.replaceAll('"', '""')}" BYPASSRLS;`],
    };
  });
}

/** Whether the repository takes and gives objects, and how full its disk is. */
export async function examineRepository(name: string, { repository, clock }: { repository: Repository; clock: Clock }): Promise<Finding[]> {
  const examination = new Examination(name);
  await examination.tryOut('can be written', async () => {
    const apart = Math.round(Math.abs((await repository.now()).getTime() - clock.now().getTime()) / 1000);
    return {
      detail: repository.location,
      status: apart <= MAX_CLOCK_SKEW_SECONDS ? 'ok' : 'failed',
      fix: apart <= MAX_CLOCK_SKEW_SECONDS ? [] : [`# its clock is ${apart} s off`],
    };
  });
  await examination.tryOut('free space', async () => {
    const space = await repository.freeSpace();
    if (space === undefined) return { detail: 'without end' };
    const used = 1 - space.freeBytes / space.totalBytes;
    return {
      detail: `${(space.freeBytes / 1e9).toFixed(1)} GB free, ${Math.round(used * 100)} % used`,
      status: used > FULL_DISK ? 'warning' : 'ok',
    };
  });
  return examination.findings;
}

/** Whether a key is there and good. */
export async function examineKey(name: string, read: () => Promise<string>): Promise<Finding[]> {
  const examination = new Examination(name);
  await examination.tryOut('key', async () => ({ detail: await read() }));
  return examination.findings;
}

interface Outcome<T> {
  value?: T;
  detail: string;
  status?: Finding['status'];
  fix?: string[];
}

class Examination {
  readonly findings: Finding[] = [];
  readonly #subject: string;

  constructor(subject: string) {
    this.#subject = subject;
  }

  async tryOut<T>(name: string, look: () => Promise<Outcome<T>>, ifItFails: Finding['status'] = 'failed'): Promise<T | undefined> {
    try {
      const { value, detail, status = 'ok', fix = [] } = await look();
      this.findings.push({ subject: this.#subject, name, status, detail, fix });
      return value;
    } catch (error) {
      if (!isHoldfastError(error)) throw error;
      this.findings.push({
        subject: this.#subject,
        name,
        status: ifItFails,
        detail: error.message,
        fix: error.hint === undefined ? [] : [`# ${error.hint}`],
      });
      return undefined;
    }
  }
}
