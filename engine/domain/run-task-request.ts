import { z } from 'zod';

/** A request of ecs:RunTask in the spelling of the SDK, without what the container is told. */
export interface RunTaskRequest {
  cluster: string;
  taskDefinition: string;
  [setting: string]: unknown;
}

const stateSchema = z.looseObject({
  Resource: z.string().regex(/:states:::ecs:runTask/),
  Parameters: z.looseObject({
    Cluster: z.string(),
    TaskDefinition: z.string(),
    Overrides: z.unknown(),
  }),
});

/**
 * How a state machine starts its tasks, by the family of the task definition; never on Spot, because somebody waits for it and nothing
 * would try again. @throws SyntaxError where it is no JSON.
 */
export function runTaskRequests(definition: string): Map<string, RunTaskRequest> {
  const found = new Map<string, RunTaskRequest>();
  collect(JSON.parse(definition), found);
  return found;
}

/** States stand within the states of a Map. */
function collect(value: unknown, found: Map<string, RunTaskRequest>): void {
  if (typeof value !== 'object' || value === null) return;
  const state = stateSchema.safeParse(value).data;
  if (state === undefined) {
    for (const member of Object.values(value)) collect(member, found);
    return;
  }
  const { Overrides, CapacityProviderStrategy, ...parameters } = state.Parameters;
  found.set(familyOf(parameters.TaskDefinition), {
    ...(inSdkSpelling(parameters) as RunTaskRequest),
    launchType: 'FARGATE',
  });
}

/** `arn:…:task-definition/family:7` */
function familyOf(taskDefinition: string): string {
  return taskDefinition.replace(/^.*\//, '').replace(/:\d+$/, '');
}

/** Step Functions write `LaunchType`, the SDK `launchType`. */
function inSdkSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSdkSpelling);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      name.charAt(0).toLowerCase() + name.slice(1),
      inSdkSpelling(member),
    ]),
  );
}

/** The same place and network for another task definition. */
export function requestFor(request: RunTaskRequest, taskDefinition: string): RunTaskRequest {
  return { ...request, taskDefinition };
}
