import { setTimeout as sleep } from 'node:timers/promises';
import { type BackupId, backupId } from '../../domain/backup-id.ts';
import { databasePrefix } from '../../domain/key.ts';
import type { BackupRequest } from '../backup-request.ts';
import type { Context } from '../context.ts';

/** An id whose second no other set of this plan has, so that ids sort by time. */
export async function freshId(
  context: Context,
  { planName: plan, database }: Pick<BackupRequest, 'planName' | 'database'>,
): Promise<BackupId> {
  const id = backupId(context.clock.now(), context.randomTail());
  const second = id.slice(0, id.indexOf('-'));
  for (const { repository } of context.repositories) {
    for await (const _taken of repository.list(`${databasePrefix({ plan, database })}${second}`)) {
      await sleep(1000 - (context.clock.now().getTime() % 1000));
      return freshId(context, { planName: plan, database });
    }
  }
  return id;
}
