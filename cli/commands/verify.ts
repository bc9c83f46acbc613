import { Command, Option } from 'commander';
import { describeAnomaly } from '../../engine/domain/anomaly/describe-anomaly.ts';
import type { SuspicionKind } from '../../engine/domain/set/mark-name.ts';
import { ownValue } from '../../engine/domain/text/own-value.ts';
import type { Share } from '../../engine/domain/verify/choose-rotation.ts';
import type { Context } from '../../engine/operations/context.ts';
import { type RotateRequest, rotate } from '../../engine/operations/verify/rotate.ts';
import { type VerifiedCopy, type VerifyResult, verify } from '../../engine/operations/verify.ts';
import { breakGlassOf } from '../break-glass-option.ts';
import type { Invocation } from '../invocation.ts';
import { describeRotation } from '../rotation.ts';
import type { Run } from '../run.ts';
import { assertSetOrRotation, DEFAULT_SHARE, parseShare } from '../share-option.ts';
import { EVERYTHING, subjectOfSet } from '../subject.ts';
import { showBytes, showSeconds } from '../words.ts';

export function verifyCommand(run: Run): Command {
  return new Command('verify')
    .description(
      'read every object of a set back, decrypt it and parse it to its end: the set becomes CHECKED',
    )
    .argument('[set]', 'id, latest, latest-proven, DATABASE/latest or DATABASE/PLAN/latest')
    .option(
      '--rotate',
      'instead of one set, verify the newest PROVEN set of each database and those that nobody has read for the longest time',
    )
    .addOption(
      new Option(
        '--share <fraction>',
        'with --rotate: the share of all sets that is read, at least one set (default: 1/30)',
      ).argParser(parseShare),
    )
    .option(
      '--break-glass-key <file>',
      'decrypt with this private break-glass key instead of the configured keys',
    )
    .action(
      run(async (invocation, options, [set]) => {
        assertSetOrRotation(set, options);
        invocation.subject = set === undefined ? EVERYTHING : subjectOfSet(set);
        const breakGlass = await breakGlassOf(options);
        const loaded = await invocation.load();
        const context = await invocation.context(loaded, { access: 'read', breakGlass });
        const ofConfig = {
          expectsEmpty: (name: string) => loaded.config.databases[name]?.expectEmpty ?? false,
          wishOf: (plan: string) => ownValue(loaded.config.plans, plan),
        };
        if (set === undefined) {
          const share = (options.share as Share | undefined) ?? DEFAULT_SHARE;
          return await rotateSets(invocation, { context, request: { ...ofConfig, share } });
        }
        const result = await verify(context, { set, ...ofConfig });
        invocation.subject = result;
        invocation.printer.result(result, describeVerify);
      }),
    );
}

/** What was read is printed also where some of it failed. */
async function rotateSets(
  { printer }: Invocation,
  { context, request }: { context: Context; request: RotateRequest },
): Promise<void> {
  const { result, failure } = await rotate(context, request);
  printer.result(result, describeRotation);
  if (failure !== undefined) throw failure;
}

export function describeVerify({ set, copies, anomalies }: VerifyResult): string {
  const unusual = anomalies.map((anomaly) => `unusual: ${describeAnomaly(anomaly)}`);
  return [...copies.map((copy) => textOf(set, copy)), ...unusual].join('\n');
}

function textOf(
  set: string,
  { repository, state, suspicion, empty, otherServer, objects, bytes, seconds }: VerifiedCopy,
): string {
  const word = state === 'SUSPECT' ? 'SUSPECT still' : state;
  const read = `${objects} objects, ${showBytes(bytes)} read back, decrypted and parsed to the end in ${showSeconds(seconds)}`;
  const next = suspicion === null ? '' : `; ${NEXT_STEP[suspicion](set)}`;
  const nothing = empty === null ? '' : `; ${empty}: is it a backup of the right database?`;
  const moved = otherServer === null ? '' : `; ${otherServer}: was the database moved?`;
  return `${set} ${word} in ${repository}: ${read}${next}${nothing}${moved}`;
}

/** What is left to do about a set whose bytes are whole. */
const NEXT_STEP: Record<SuspicionKind, (set: string) => string> = {
  damage: () => 'another run found damage while this one was reading: run it again',
  drill: (set) =>
    `a drill failed: when its cause is gone, \`holdfast drill --backup ${set}\` tries it again`,
  anomaly: (set) => `it is unlike the sets before it: \`holdfast accept ${set}\` if that is right`,
};
