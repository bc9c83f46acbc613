import { isGone } from './absent.ts';
import type { Place } from './stack-removal.ts';

/** A cluster can't go while tasks run, and a machine would start them anew. */
export async function stopRuns({ call, region }: Place, project: string): Promise<void> {
  const { stateMachines } = await call<{
    stateMachines: { name: string; stateMachineArn: string }[];
  }>('stepfunctions', 'ListStateMachines', { maxResults: 1000 }, region);
  for (const { stateMachineArn } of stateMachines.filter(({ name }) =>
    name.startsWith(`holdfast-${project}-`),
  ))
    await isGone(() => stopExecutions({ call, region }, stateMachineArn));
  const cluster = `holdfast-${project}-tasks`;
  const { taskArns } = await call<{ taskArns: string[] }>('ecs', 'ListTasks', { cluster }, region);
  for (const task of taskArns)
    await call('ecs', 'StopTask', { cluster, task, reason: 'the smoke test ends' }, region);
}

async function stopExecutions({ call, region }: Place, stateMachineArn: string): Promise<void> {
  const { executions } = await call<{ executions: { executionArn: string }[] }>(
    'stepfunctions',
    'ListExecutions',
    { stateMachineArn, statusFilter: 'RUNNING' },
    region,
  );
  for (const { executionArn } of executions)
    await call('stepfunctions', 'StopExecution', { executionArn }, region);
}
