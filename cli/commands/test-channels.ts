import { hostname } from 'node:os';
import { Command } from 'commander';
import { channelTargets } from '../../engine/composition/alerts.ts';
import { systemClock } from '../../engine/composition/from-config.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { channelTest } from '../../engine/domain/alert/channel-test.ts';
import { EXIT } from '../../engine/domain/exit-status.ts';
import { HoldfastError } from '../../engine/errors.ts';
import { type TestedChannel, testChannels } from '../../engine/operations/alert/test-channels.ts';
import { describeLocalUser } from '../../engine/postgres/connection/local-account.ts';
import type { Run } from '../run.ts';

export function testChannelsCommand(run: Run): Command {
  return new Command('test-alert')
    .description('send a test through every channel of `alerts`, and print which ones delivered it')
    .action(
      run(async (invocation) => {
        const loaded = await invocation.load();
        const { targets, origin } = channelTargets(loaded);
        if (targets.length === 0) throw noChannels(loaded);
        const by = `${describeLocalUser()}@${hostname()}`;
        const message = channelTest({ ...origin, by, at: systemClock.now() });
        const channels = await testChannels(targets, message);
        const isWell = channels.every(({ isDelivered }) => isDelivered);
        invocation.printer.result({ isWell, channels }, (shown) =>
          shown.channels.map(textOf).join('\n'),
        );
        if (loaded.config.aws !== undefined)
          invocation.printer.note(
            'The topics of the stack were not tested: `holdfast remote test-alert` does.',
          );
        process.exitCode = isWell ? EXIT.done : EXIT.failed;
      }),
    );
}

function textOf({ channel, destination, isDelivered, problem }: TestedChannel): string {
  if (isDelivered) return `${channel}: delivered to ${destination}`;
  return `${channel}: NOT delivered to ${destination}: ${problem}`;
}

/** The run failed, and is no wrong use: a machine that tells nobody is what the test looks for. */
function noChannels({ config, path }: LoadedConfig): HoldfastError {
  const stack =
    config.aws === undefined
      ? ''
      : ' For the topics of the stack run `holdfast remote test-alert`.';
  const hint =
    path === undefined
      ? 'Alerts need a config file: `holdfast init` writes one.'
      : `Add for example \`alerts: {email: {to: [you@example.org], from: holdfast@example.org}}\` to ${path}.`;
  return new HoldfastError({
    code: 'ALERT_FAILED',
    message: 'no alerts are configured, so nobody is told when a run fails',
    hint: `${hint} docs/MONITORING.md describes every channel.${stack}`,
  });
}
