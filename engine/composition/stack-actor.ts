import { hostname } from 'node:os';
import { z } from 'zod';
import type { Environment } from '../config/from-environment.ts';
import type { Context } from '../operations/context.ts';

const taskSchema = z.looseObject({ TaskARN: z.string(), Family: z.string() });
const TIMEOUT_MS = 2000;

/**
 * Who the audit records of this process name: the family of an ECS task and its ARN, by which its state machine finds what it wrote, or
 * a Lambda function and the stream of its log.
 */
export async function actorOf(env: Environment): Promise<Context['actor']> {
  const task = await askAgent(env.ECS_CONTAINER_METADATA_URI_V4);
  if (task !== undefined) return { type: 'role', name: task.Family, host: task.TaskARN };
  return {
    type: 'role',
    name: env.AWS_LAMBDA_FUNCTION_NAME ?? 'task',
    host: env.AWS_LAMBDA_LOG_STREAM_NAME ?? hostname(),
  };
}

/** The agent of ECS is on this very machine; a record without the ARN is found by its time. */
async function askAgent(uri: string | undefined): Promise<z.output<typeof taskSchema> | undefined> {
  if (uri === undefined) return undefined;
  try {
    const answer = await fetch(`${uri}/task`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return taskSchema.safeParse(await answer.json()).data;
  } catch {
    return undefined;
  }
}
