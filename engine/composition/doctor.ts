import { endpointIn } from '../adapters/aws-endpoint.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { Environment } from '../config/from-environment.ts';
import type { RepositoryConfig } from '../config/repository-schema.ts';
import { examineScheduleRoom } from '../operations/doctor/schedule-room.ts';
import type { BucketAddress } from '../operations/doctor-bucket.ts';
import { examineDatabase } from '../operations/doctor-database.ts';
import type { Finding } from '../operations/doctor-finding.ts';
import { examineKey } from '../operations/doctor-key.ts';
import { examineRepository } from '../operations/doctor-repository.ts';
import { findToolsets, type Toolset } from '../postgres/tools.ts';
import { allowsUntestedMajor, primaryOf } from './backup-source.ts';
import { connectionOf, connectionOfReplica } from './connections.ts';
import { plansOf } from './from-config.ts';
import { keyPlaceOf, keysForReading } from './key-ring.ts';
import type { LoadedConfig } from './load-config.ts';
import { repositoriesOf } from './repositories.ts';
import { otherLoginFor, restoreTarget } from './restore-target.ts';

/** Tries everything that backups of these databases need. @throws HoldfastError CONFIG_INVALID where the config itself is wrong. */
export async function examineConfig(
  loaded: LoadedConfig,
  databases: readonly string[],
): Promise<Finding[]> {
  const findings = [...(await examineRepositories(loaded)), ...examineReach(loaded)];
  const toolsets = await findToolsets({ env: loaded.env, configured: loaded.config.postgresBin });
  for (const name of databases) findings.push(...(await examineBoth(loaded, { name, toolsets })));
  return findings;
}

/** Every repository of the config, and the keys for it. */
export async function examineRepositories(loaded: LoadedConfig): Promise<Finding[]> {
  const { project, repositories, diskFull } = loaded.config;
  const keyPlace = keyPlaceOf(loaded);
  const findings: Finding[] = [];
  for (const place of await repositoriesOf(loaded)) {
    const subject = `repository ${place.name}`;
    const { repository } = place;
    const bucket = addressOf(loaded, repositories[place.name]);
    findings.push(
      ...(await examineRepository(subject, { place, clock: systemClock, bucket, diskFull })),
    );
    const options = {
      project,
      repository,
      hold: () => keysForReading(keyPlace),
      keyFile: keyPlace.keyFile,
    };
    findings.push(...(await examineKey(subject, options)));
  }
  return findings;
}

/** The address of the store that the environment names for every bucket. @throws HoldfastError CONFIG_INVALID. */
export function storeEndpoint(env: Environment): string | undefined {
  return endpointIn(env, 'S3');
}

/** As commands of the AWS CLI have to name it; undefined for a folder. */
function addressOf(
  { env }: LoadedConfig,
  config: RepositoryConfig | undefined,
): BucketAddress | undefined {
  if (config?.bucket === undefined) return undefined;
  const { bucket, region, endpoint = storeEndpoint(env), profile = env.AWS_PROFILE } = config;
  return { bucket, endpoint, region, profile: profile || undefined };
}

/** Whether one accident could destroy all sets, and whether failures are reported. */
function examineReach({ config }: LoadedConfig): Finding[] {
  const subject = 'config';
  const count = Object.keys(config.repositories).length;
  const isAlerting = config.alerts !== undefined || config.aws !== undefined;
  return [
    count > 1
      ? {
          subject,
          name: 'second repository',
          status: 'ok',
          detail: `${count} repositories`,
          fix: [],
        }
      : {
          subject,
          name: 'second repository',
          status: 'warning',
          detail: 'only one repository: what ends it ends every backup',
          fix: ['# add one elsewhere: repositories in the config, or BACKUP_S3_BUCKET'],
        },
    isAlerting
      ? {
          subject,
          name: 'alerts',
          status: 'ok',
          detail: 'configured; `holdfast test-alert` tries every channel',
          fix: [],
        }
      : {
          subject,
          name: 'alerts',
          status: 'warning',
          detail: 'none: nobody hears of a run that fails',
          fix: ['# add alerts.email, .webhook or .command to the config (docs/MONITORING.md)'],
        },
  ];
}

async function freeFolders(loaded: LoadedConfig): Promise<{ name: string; freeBytes: number }[]> {
  const folders: { name: string; freeBytes: number }[] = [];
  for (const { name, repository } of await repositoriesOf(loaded)) {
    const space = await repository.freeSpace().catch(() => undefined);
    if (space !== undefined) folders.push({ name, freeBytes: space.freeBytes });
  }
  return folders;
}

async function examineSchedules(loaded: LoadedConfig, database: string): Promise<Finding[]> {
  const [place] = await repositoriesOf(loaded);
  if (place === undefined) return [];
  return examineScheduleRoom(`database ${database}`, {
    ...{ database, plans: plansOf(loaded, database), repository: place.repository },
    now: systemClock.now(),
  });
}

/** The database, and its standby where a plan dumps from that. */
async function examineBoth(
  loaded: LoadedConfig,
  { name, toolsets }: { name: string; toolsets: readonly Toolset[] },
): Promise<Finding[]> {
  const allowUntestedMajor = allowsUntestedMajor(loaded, name);
  const common = { toolsets, clock: systemClock, allowUntestedMajor };
  const own = await examineDatabase(`database ${name}`, {
    ...common,
    settings: () => connectionOf(loaded, name),
    restore: {
      settings: () => restoreTarget(loaded, name),
      otherLogin: await otherLoginFor(loaded, name).catch(() => undefined),
    },
    drill: loaded.config.databases[name]?.drill,
    folders: await freeFolders(loaded),
  });
  own.push(...(await examineSchedules(loaded, name)));
  const lags = plansOf(loaded, name).flatMap(([, { source, maxLag }]) =>
    source === 'replica' ? [maxLag] : [],
  );
  if (lags.length === 0) return own;
  const standby = { maxLagSeconds: Math.min(...lags), primary: () => primaryOf(loaded, name) };
  return [
    ...own,
    ...(await examineDatabase(`replica of ${name}`, {
      ...common,
      settings: () => connectionOfReplica(loaded, name),
      standby,
    })),
  ];
}
