import { AddTagsToResourceCommand, RDSClient } from '@aws-sdk/client-rds';
import type { ServerSnapshot } from '../domain/snapshot.ts';
import { readTags, releaseTags, type Tags, tagsOf } from '../domain/snapshot-tags.ts';
import { HoldfastError } from '../errors.ts';
import type { ServerSnapshots, SnapshotOrder } from '../ports/server-snapshots.ts';
import { clientOptions } from './aws-client-options.ts';
import { RDS_DIALECTS, type ShownSnapshot } from './rds-snapshot-dialects.ts';
import { serviceFailure } from './service-failure.ts';

/** Names of RDS's refusals; the second ones are those of older APIs. */
const TAKEN = /^DB(Cluster)?SnapshotAlreadyExists(Fault)?$/;
const GONE = /^DB(Cluster)?SnapshotNotFound(Fault)?$/;
/** An automated backup, a change or another snapshot is under way, or too many copies are. */
const BUSY =
  /^(InvalidDB(Instance|Cluster)State(Fault)?|InvalidDB(Cluster)?SnapshotState(Fault)?|SnapshotQuotaExceeded(Fault)?)$/;

export interface RdsSnapshotsOptions {
  env: NodeJS.ProcessEnv;
  project: string;
  region: string;
}

/** Asks RDS. Instances and clusters have snapshots of two kinds, with calls of their own. */
export class RdsSnapshots implements ServerSnapshots {
  readonly region: string;
  readonly #client: RDSClient;
  readonly #project: string;

  constructor({ env, project, region }: RdsSnapshotsOptions) {
    this.region = region;
    this.#project = project;
    this.#client = new RDSClient(clientOptions(env, { service: 'RDS', region }));
  }

  async list(): Promise<ServerSnapshot[]> {
    const lists = Object.values(RDS_DIALECTS).map(async ({ list, actions }) => {
      const shown = await list(this.#client).catch((error: unknown) => {
        throw serviceFailure(error, { action: actions.list, what: `snapshots in ${this.region}` });
      });
      return shown.flatMap((one) => this.#ours(one));
    });
    return (await Promise.all(lists)).flat();
  }

  create({ id, server, terms }: SnapshotOrder): Promise<'created' | 'exists'> {
    const { create, actions } = RDS_DIALECTS[server.kind];
    const wish = { id, server: server.id, Tags: pairsOf(tagsOf(this.#project, terms)) };
    return once(() => create(this.#client, wish), { action: actions.create, what: server.id });
  }

  copyHere(
    { id, arn, server, terms, isEncrypted }: ServerSnapshot,
    { keyArn }: { keyArn: string },
  ): Promise<'created' | 'exists'> {
    const { copy, actions } = RDS_DIALECTS[server.kind];
    const wish = {
      id,
      sourceArn: arn,
      isEncrypted,
      keyArn,
      Tags: pairsOf(tagsOf(this.#project, terms)),
    };
    return once(() => copy(this.#client, wish), { action: actions.copy, what: id });
  }

  async release({ id, arn }: ServerSnapshot, at: Date): Promise<void> {
    await this.#client
      .send(new AddTagsToResourceCommand({ ResourceName: arn, Tags: pairsOf(releaseTags(at)) }))
      .catch((error: unknown) => {
        throw serviceFailure(error, { action: 'rds:AddTagsToResource', what: id });
      });
  }

  async remove({ id, server }: ServerSnapshot): Promise<void> {
    const { remove, actions } = RDS_DIALECTS[server.kind];
    await remove(this.#client, id).catch((error: unknown) => {
      if (!(error instanceof Error && GONE.test(error.name)))
        throw serviceFailure(error, { action: actions.remove, what: id });
    });
  }

  #ours({ tags, ...shown }: ShownSnapshot): ServerSnapshot[] {
    const read = readTags(this.#project, tags);
    return read === undefined
      ? []
      : [{ ...shown, startedAt: shown.startedAt ?? read.terms.scheduledFor, ...read }];
  }
}

function pairsOf(tags: Tags): { Key: string; Value: string }[] {
  return Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
}

async function once(
  make: () => Promise<unknown>,
  request: { action: string; what: string },
): Promise<'created' | 'exists'> {
  try {
    await make();
    return 'created';
  } catch (error) {
    if (error instanceof Error && TAKEN.test(error.name)) return 'exists';
    throw error instanceof Error && BUSY.test(error.name)
      ? busy(error, request)
      : serviceFailure(error, request);
  }
}

function busy(cause: Error, { action, what }: { action: string; what: string }): HoldfastError {
  return new HoldfastError({
    code: 'SERVICE_FAILED',
    message: `${action} has to wait for ${what} (${cause.name})`,
    hint: 'An automated backup, a change or as many snapshots as RDS allows are in the way; it is tried again in 20 minutes.',
    retryable: true,
    cause,
  });
}
