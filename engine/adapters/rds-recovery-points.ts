import {
  DescribeDBClustersCommand,
  DescribeDBInstancesCommand,
  RDSClient,
} from '@aws-sdk/client-rds';
import type { RdsConfig } from '../config/database-schema.ts';
import type { RecoveryPoint } from '../domain/recovery-point.ts';
import type { RecoveryPoints } from '../ports/recovery-points.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';

/** Names of RDS's refusals; the second ones are those of older APIs. */
const ABSENT = /^(DBInstanceNotFound(Fault)?|DBClusterNotFoundFault)$/;

/** Asks RDS. */
export class RdsRecoveryPoints implements RecoveryPoints {
  readonly #client: RDSClient;

  constructor({ env, region }: { env: NodeJS.ProcessEnv; region?: string | undefined }) {
    this.#client = new RDSClient(clientOptions(env, { service: 'RDS', region }));
  }

  async of({ instance, cluster }: RdsConfig): Promise<RecoveryPoint | undefined> {
    const isInstance = instance !== undefined;
    try {
      return isInstance ? await this.#ofInstance(instance) : await this.#ofCluster(cluster ?? '');
    } catch (error) {
      if (error instanceof Error && ABSENT.test(error.name)) return undefined;
      const action = isInstance ? 'rds:DescribeDBInstances' : 'rds:DescribeDBClusters';
      throw serviceFailure(error, { action, what: instance ?? cluster ?? '' });
    }
  }

  async #ofInstance(DBInstanceIdentifier: string): Promise<RecoveryPoint | undefined> {
    const { DBInstances = [] } = await this.#client.send(
      new DescribeDBInstancesCommand({ DBInstanceIdentifier }),
    );
    return pointOf(DBInstances[0]);
  }

  async #ofCluster(DBClusterIdentifier: string): Promise<RecoveryPoint | undefined> {
    const { DBClusters = [] } = await this.#client.send(
      new DescribeDBClustersCommand({ DBClusterIdentifier }),
    );
    return pointOf(DBClusters[0]);
  }
}

function pointOf(
  found:
    | { LatestRestorableTime?: Date | undefined; BackupRetentionPeriod?: number | undefined }
    | undefined,
): RecoveryPoint | undefined {
  if (found === undefined) return undefined;
  return {
    latestAt: found.LatestRestorableTime ?? null,
    retentionDays: found.BackupRetentionPeriod ?? 0,
  };
}
