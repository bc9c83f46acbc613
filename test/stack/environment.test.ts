import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { STACK_ENV } from '../../engine/contract.ts';
import { exampleConfig, resourcesOf, synthesize } from '../fixtures/stacks.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('the environment of tasks and functions', () => {
  /** The example, with one of each thing that has a variable of its own. */
  const config = exampleConfig((input) => {
    input.heartbeatUrl = 'https://watchman.example/clinic';
    input.databases.clinic.rds = { instance: 'clinic' };
    input.plans.snapshots = { kind: 'snapshot', databases: ['clinic'], schedule: '0 1 * * *' };
  });
  const { Runner } = synthesize(config);
  const ofTasks = resourcesOf(Runner, 'AWS::ECS::TaskDefinition').flatMap(({ Properties }) =>
    Properties.ContainerDefinitions[0].Environment.map(({ Name }: { Name: string }) => Name),
  );
  const ofFunctions = resourcesOf(Runner, 'AWS::Lambda::Function').flatMap(({ Properties }) =>
    Object.keys(Properties.Environment?.Variables ?? {}),
  );
  const ofRuns = JSON.stringify(Runner.resources).includes(STACK_ENV.job) ? [STACK_ENV.job] : [];

  it('has every variable of the contract, and no other of ours', () => {
    const set = new Set(
      [...ofTasks, ...ofFunctions, ...ofRuns].filter((name) => name.startsWith('HOLDFAST_')),
    );
    expect([...set].sort()).toEqual(Object.values(STACK_ENV).toSorted());
  });

  it.each(Object.keys(STACK_ENV))('is read where something runs: %s', (key) => {
    const readers = ['engine/composition', 'task', 'lambdas']
      .flatMap(sourcesIn)
      .filter((text) => text.includes(`STACK_ENV.${key}`));
    expect(readers).not.toEqual([]);
  });
});

function sourcesIn(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).filter(
    (name) => name.endsWith('.ts'),
  );
  return names.map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}
