import { z } from 'zod';
import { STACK_ENV } from '../contract.ts';
import { type Job, jobSchema } from './job.ts';
import { RUN_STAGES } from './outcome-report.ts';
import { REREAD_MACHINE } from './stack-names.ts';

/** Of rereads, whose items are of several plans. */
const ofSet = { plan: z.string().nullish(), set: z.string().nullish() };

const doneSchema = z.looseObject({
  database: z.string(),
  ...ofSet,
  status: z.enum(['done', 'skipped']),
  /** Of a run with a plan: its set was drilled as well. */
  drilled: z.boolean().nullish(),
});

const failedSchema = z.looseObject({
  database: z.string(),
  ...ofSet,
  status: z.literal('failed'),
  stage: z.enum(RUN_STAGES).catch('backup'),
  error: z.looseObject({ code: z.string().nullable(), message: z.string().nullable() }).nullish(),
});

/** What a state machine says at the end of a run: what became of each database. */
const runSchema = z.looseObject({
  /** Null of drills and rereads. */
  plan: z.string().nullable(),
  operation: z.enum(['reread']).nullish(),
  execution: z.string(),
  scheduledFor: z.string().nullish(),
  results: z.array(z.discriminatedUnion('status', [doneSchema, failedSchema])),
});

/** Events of EventBridge, as far as they are looked at. */
const executionSchema = z.looseObject({
  'detail-type': z.literal('Step Functions Execution Status Change'),
  detail: z.looseObject({
    executionArn: z.string(),
    stateMachineArn: z.string(),
    name: z.string(),
    status: z.string(),
    startDate: z.number().nullish(),
    input: z.string().nullish(),
    error: z.string().nullish(),
  }),
});

const taskSchema = z.looseObject({
  'detail-type': z.literal('ECS Task State Change'),
  detail: z.looseObject({
    taskArn: z.string(),
    stopCode: z.string().nullish(),
    stoppedReason: z.string().nullish(),
    overrides: z
      .looseObject({
        containerOverrides: z
          .array(
            z.looseObject({
              environment: z
                .array(z.looseObject({ name: z.string(), value: z.string() }))
                .nullish(),
            }),
          )
          .nullish(),
      })
      .nullish(),
  }),
});

export const failureNoticeSchema = z.union([executionSchema, taskSchema, runSchema]);

export type FailureNotice = z.output<typeof failureNoticeSchema>;
export type EndedRun = z.output<typeof runSchema>;
export type EndedExecution = z.output<typeof executionSchema>['detail'];
export type StoppedTask = z.output<typeof taskSchema>['detail'];

/** The plan of an execution; null of drills, and where its input can't be read. */
export function planOfExecution({ input }: EndedExecution): string | null {
  try {
    return z.looseObject({ plan: z.string().nullable() }).parse(JSON.parse(input ?? '')).plan;
  } catch {
    return null;
  }
}

/** Which machine it was of, where its plan does not say it. */
export function operationOfExecution({ stateMachineArn }: EndedExecution): EndedRun['operation'] {
  return stateMachineArn.endsWith(`-${REREAD_MACHINE}`) ? 'reread' : null;
}

/** What a task was to do; undefined where its overrides don't say it. */
export function jobOfTask({ overrides }: StoppedTask): Job | undefined {
  const variables =
    overrides?.containerOverrides?.flatMap(({ environment }) => environment ?? []) ?? [];
  try {
    return jobSchema.safeParse(
      JSON.parse(variables.find(({ name }) => name === STACK_ENV.job)?.value ?? ''),
    ).data;
  } catch {
    return undefined;
  }
}
