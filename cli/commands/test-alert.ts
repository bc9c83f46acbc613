import { hostname } from 'node:os';
import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import { EXIT } from '../../engine/domain/exit-status.ts';
import type { TestedTopic } from '../../engine/operations/test-alerts.ts';
import { describeLocalUser } from '../../engine/postgres/connection/local-account.ts';
import type { Run } from '../run.ts';

export function testAlertCommand(run: Run): Command {
  return new Command('test-alert')
    .description('send a test to both topics of the stack, and print their confirmed subscribers')
    .action(
      run(async (invocation) => {
        const loaded = await invocation.load();
        // The SDK of AWS is loaded for these commands only.
        const { alertTargets, awsOf } = await import('../../engine/composition/remote.ts');
        const { testAlerts } = await import('../../engine/operations/test-alerts.ts');
        const topics = await testAlerts(await alertTargets(loaded), {
          project: loaded.config.project,
          region: awsOf(loaded).region,
          config: loaded.path ?? 'holdfast.yaml',
          by: `${describeLocalUser()}@${hostname()}`,
          at: systemClock.now(),
        });
        const isWell = topics.every(({ problem }) => problem === null);
        invocation.printer.result({ isWell, topics }, (shown) =>
          shown.topics.map(textOf).join('\n'),
        );
        process.exitCode = isWell ? EXIT.done : EXIT.failed;
      }),
    );
}

function textOf({ topic, isPublished, problem, subscribers }: TestedTopic): string {
  const people = subscribers.map(
    ({ protocol, endpoint, isConfirmed }) =>
      `  ${protocol} ${endpoint}: ${isConfirmed ? 'confirmed' : 'NOT confirmed'}`,
  );
  return [
    `${topic}: ${isPublished ? 'test sent' : 'test NOT sent'}${problem === null ? '' : `; ${problem}`}`,
    ...people,
  ].join('\n');
}
