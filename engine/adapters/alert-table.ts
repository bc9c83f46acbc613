import { type AttributeValue, DeleteItemCommand, DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { z } from 'zod';
import { ALERTS_TABLE_KEYS } from '../contract.ts';
import type { AlertState, Decision, Told } from '../domain/alerts.ts';
import { SEVERITIES } from '../domain/severity.ts';
import { HoldfastError } from '../errors.ts';
import type { AlertMemory, Channel } from '../ports/notifier.ts';
import { clientOptions } from './aws-client-options.ts';
import { serviceFailure } from './service-failure.ts';
import { sideBySide } from './side-by-side.ts';

const { partition, sort } = ALERTS_TABLE_KEYS;
const time = z.iso.datetime();
const toldSchema = z.object({ severity: z.enum(SEVERITIES), title: z.string(), since: time, toldAt: time });

/**
 * What the topics of a stack were told, in a DynamoDB table: one item for each alert of each topic, so that functions side by side keep
 * each other's, and two hundred databases that fail at once have room.
 */
export class AlertTable implements AlertMemory {
  readonly #table: string;
  readonly #client: DynamoDBClient;

  constructor({ table, env }: { table: string; env: NodeJS.ProcessEnv }) {
    this.#table = table;
    this.#client = new DynamoDBClient(clientOptions(env));
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
          const told = toldSchema.safeParse(Object.fromEntries(Object.entries(item).map(([name, { S }]) => [name, S]))).data;
          if (told !== undefined && item[sort]?.S !== undefined) state[item[sort].S] = told;
        }
      }
    } catch (error) {
      throw this.#failed(error, 'dynamodb:Query');
    }
    return state;
  }

  async remember(channel: Channel, changes: Decision['changes']): Promise<void> {
    await sideBySide(Object.entries(changes), ([alert, told]) => this.#change({ [partition]: { S: channel }, [sort]: { S: alert } }, told));
  }

  async #change(key: Record<string, AttributeValue>, told: Told | null): Promise<void> {
    const TableName = this.#table;
    try {
      if (told === null) await this.#client.send(new DeleteItemCommand({ TableName, Key: key }));
      else await this.#client.send(new PutItemCommand({ TableName, Item: { ...key, ...itemOf(told) } }));
    } catch (error) {
      throw this.#failed(error, told === null ? 'dynamodb:DeleteItem' : 'dynamodb:PutItem');
    }
  }

  #failed(error: unknown, action: string): HoldfastError {
    const { message, hint, retryable } = serviceFailure(error, { action, what: `table ${this.#table}` });
    return new HoldfastError({ code: 'ALERT_FAILED', message, retryable, cause: error, ...(hint === undefined ? {} : { hint }) });
  }
}

function itemOf({ severity, title, since, toldAt }: Told): Record<string, AttributeValue> {
  return { severity: { S: severity }, title: { S: title }, since: { S: since }, toldAt: { S: toldAt } };
}
