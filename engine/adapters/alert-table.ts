import {
  type AttributeValue,
  DeleteItemCommand,
  DynamoDBClient,
  PutItemCommand,
  paginateQuery,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { ALERTS_TABLE_KEYS } from '../contract.ts';
import type { AlertKey } from '../domain/alert-key.ts';
import type { AlertState, Decision, Told } from '../domain/alerts.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { HoldfastError } from '../errors.ts';
import type { AlertMemory, Channel } from '../ports/notifier.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';
import { sideBySide } from './side-by-side.ts';
import { systemClock } from './system-clock.ts';

const { partition, sort } = ALERTS_TABLE_KEYS;
const time = z.iso.datetime();
const toldSchema = z.object({
  severity: z.enum(SEVERITIES),
  title: z.string(),
  since: time,
  toldAt: time,
});
const claimSchema = z.object({ claimedUntil: time });

/** Far longer than it takes to publish; who died over it has told nobody, and the next check does. */
const CLAIM_MS = 5 * 60_000;

/**
 * What the topics of a stack were told, in a DynamoDB table: one item for each alert of each topic, so that functions side by side keep
 * each other's, and two hundred databases that fail at once have room.
 */
export class AlertTable implements AlertMemory {
  readonly #table: string;
  readonly #client: DynamoDBClient;

  constructor({ table, env }: { table: string; env: NodeJS.ProcessEnv }) {
    this.#table = table;
    this.#client = new DynamoDBClient(clientOptions(env, { service: 'DYNAMODB' }));
  }

  /** An item that is none of ours is as good as none: it is told again. */
  async recall(channel: Channel): Promise<AlertState> {
    const query = {
      TableName: this.#table,
      ConsistentRead: true,
      KeyConditionExpression: '#channel = :channel',
      ExpressionAttributeNames: { '#channel': partition },
      ExpressionAttributeValues: { ':channel': { S: channel } },
    };
    const state: Record<string, Told> = {};
    try {
      for await (const { Items = [] } of paginateQuery({ client: this.#client }, query)) {
        for (const item of Items) {
          const [key, told] = readItem(item);
          if (key !== undefined && told !== undefined) state[key] = told;
        }
      }
    } catch (error) {
      throw this.#failed(error, 'dynamodb:Query');
    }
    return state;
  }

  async claimEnds(channel: Channel, over: AlertState): Promise<AlertState> {
    const claimed: Record<string, Told> = {};
    await sideBySide(Object.entries(over), async ([alert, told]) => {
      if (await this.#claim(keyOf(channel, alert), told)) claimed[alert] = told;
    });
    return claimed;
  }

  async remember(channel: Channel, changes: Decision['changes'], told: AlertState): Promise<void> {
    await sideBySide(Object.entries(changes), ([alert, change]) => {
      const key = keyOf(channel, alert);
      if (change === null) return this.#forget(key, told[alert]);
      return change.toldAt === told[alert]?.toldAt
        ? this.#giveBack(key, change)
        : this.#put(key, change);
    });
  }

  /** False where somebody else is telling this end, or it was told anew. */
  #claim(Key: ItemKey, { toldAt }: Told): Promise<boolean> {
    const now = systemClock.now();
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key,
      UpdateExpression: 'SET claimedUntil = :until',
      ConditionExpression:
        'toldAt = :toldAt AND (attribute_not_exists(claimedUntil) OR claimedUntil < :now)',
      ExpressionAttributeValues: {
        ':until': { S: new Date(now.getTime() + CLAIM_MS).toISOString() },
        ':toldAt': { S: toldAt },
        ':now': { S: now.toISOString() },
      },
    });
    return this.#unlessChanged(this.#client.send(command), 'dynamodb:UpdateItem');
  }

  /** What was told anew in the meantime stays. */
  async #forget(Key: ItemKey, told: Told | undefined): Promise<void> {
    const isStill = {
      ConditionExpression: 'toldAt = :toldAt',
      ExpressionAttributeValues: { ':toldAt': { S: told?.toldAt ?? '' } },
    };
    const command = new DeleteItemCommand({ TableName: this.#table, Key, ...isStill });
    await this.#unlessChanged(this.#client.send(command), 'dynamodb:DeleteItem');
  }

  /** What was told anew in the meantime stays as it is. */
  async #giveBack(Key: ItemKey, { toldAt }: Told): Promise<void> {
    const isStill = {
      ConditionExpression: 'toldAt = :toldAt',
      ExpressionAttributeValues: { ':toldAt': { S: toldAt } },
    };
    const command = new UpdateItemCommand({
      TableName: this.#table,
      Key,
      UpdateExpression: 'REMOVE claimedUntil',
      ...isStill,
    });
    await this.#unlessChanged(this.#client.send(command), 'dynamodb:UpdateItem');
  }

  async #put(key: ItemKey, told: Told): Promise<void> {
    try {
      await this.#client.send(
        new PutItemCommand({ TableName: this.#table, Item: { ...key, ...itemOf(told) } }),
      );
    } catch (error) {
      throw this.#failed(error, 'dynamodb:PutItem');
    }
  }

  /** Whether the item was as the condition has it. */
  async #unlessChanged(request: Promise<unknown>, action: string): Promise<boolean> {
    try {
      await request;
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'ConditionalCheckFailedException') return false;
      throw this.#failed(error, action);
    }
  }

  #failed(error: unknown, action: string): HoldfastError {
    const { message, hint, retryable } = serviceFailure(error, {
      action,
      what: `table ${this.#table}`,
    });
    return new HoldfastError({
      code: 'ALERT_FAILED',
      message,
      retryable,
      cause: error,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

type ItemKey = Record<string, AttributeValue>;

function keyOf(channel: Channel, alert: AlertKey): ItemKey {
  return { [partition]: { S: channel }, [sort]: { S: alert } };
}

/** Nothing of what somebody is telling the end of at this moment: a failure that comes now is a new one. */
function readItem(item: Record<string, AttributeValue>): [AlertKey | undefined, Told | undefined] {
  const texts = Object.fromEntries(Object.entries(item).map(([name, { S }]) => [name, S]));
  const { claimedUntil } = claimSchema.safeParse(texts).data ?? {};
  const isClaimed = claimedUntil !== undefined && new Date(claimedUntil) > systemClock.now();
  return [texts[sort], isClaimed ? undefined : toldSchema.safeParse(texts).data];
}

function itemOf({ severity, title, since, toldAt }: Told): Record<string, AttributeValue> {
  return {
    severity: { S: severity },
    title: { S: title },
    since: { S: since },
    toldAt: { S: toldAt },
  };
}
