import { Command } from 'commander';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { retentionRulesOf } from '../../engine/composition/retention-rules.ts';
import { isHoldfastError } from '../../engine/errors.ts';
import type { Context } from '../../engine/operations/context.ts';
import { prune } from '../../engine/operations/prune.ts';
import type { PruneReport } from '../../engine/operations/prune-report.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';
import { EVERYTHING } from '../subject.ts';
import { renderTable } from '../table.ts';

export function pruneCommand(run: Run): Command {
  return new Command('prune')
    .description(
      'print which sets retention keeps and which it releases, and why; only --apply releases them',
    )
    .option('--apply', 'release the sets; without it nothing is changed')
    .action(
      run(async (invocation, options) => {
        const loaded = await invocation.load();
        const isApplied = options.apply === true;
        if (isApplied) invocation.subject = EVERYTHING;
        const context = await withKeysAtHand(invocation, loaded);
        const repositories: PruneReport[] = [];
        const request = { isApplied, rulesOf: (name: string) => retentionRulesOf(loaded, name) };
        try {
          await prune(context, { ...request, onReport: (report) => repositories.push(report) });
        } finally {
          print(repositories, { invocation, isApplied });
        }
      }),
    );
}

/** Also where a repository failed, so that it does not hide the others. */
function print(
  repositories: readonly PruneReport[],
  { invocation, isApplied }: { invocation: Invocation; isApplied: boolean },
): void {
  if (repositories.every((report) => isEmptyHanded(report))) return;
  for (const { notes } of repositories) for (const note of notes) invocation.printer.note(note);
  invocation.printer.result({ isApplied, repositories }, (shown) =>
    shown.repositories.map((one) => textOf(one, { isApplied })).join('\n\n'),
  );
}

/** Failed before anything was decided. */
function isEmptyHanded({ problem, sets, unfinished, notes }: PruneReport): boolean {
  return problem !== null && sets.length + unfinished.length + notes.length === 0;
}

/** A dry run needs no key; where there is none, or nothing that a key could open, marks go by their names. */
async function withKeysAtHand(invocation: Invocation, loaded: LoadedConfig): Promise<Context> {
  return invocation.context(loaded, { access: 'read' }).catch((error: unknown) => {
    if (!isHoldfastError(error, 'KEY_MISSING') && !isHoldfastError(error, 'SET_NOT_FOUND'))
      throw error;
    if (error.code === 'KEY_MISSING')
      invocation.printer.note(`${error.message}: seals are not opened`);
    return invocation.context(loaded, { access: 'none' });
  });
}

function textOf(report: PruneReport, { isApplied }: { isApplied: boolean }): string {
  if (isEmptyHanded(report)) return `${report.repository} (${report.location})\n${report.problem}`;
  const { repository, location, sets, unfinished, disposed, records, locked, problem } = report;
  const rows = sets.map(({ id, database, plan, state, action, reasons }) => [
    id,
    database,
    plan,
    state,
    action,
    reasons.map(({ text }) => text).join('; '),
  ]);
  const before = sets.filter(({ reasons }) =>
    reasons.some(({ code }) => code === 'released-before'),
  ).length;
  const kept = sets.filter(({ action }) => action === 'keep').length;
  const released = sets.length - kept - before;
  const done = isApplied ? 'let go' : 'would go';
  return [
    `${repository} (${location})`,
    ...(problem === null ? [] : [`not finished: ${problem}`]),
    ...(sets.length === 0
      ? ['no backup sets']
      : [renderTable(['id', 'database', 'plan', 'state', 'decision', 'reasons'], rows)]),
    ...unfinished.map((prefix) => `${prefix} ${done}: left by a run that died`),
    ...(records === 0 ? [] : [`${records} records older than six years ${done}`]),
    ...(disposed.length === 0 ? [] : [`nothing is left of ${disposed.join(', ')}`]),
    ...(locked === 0 ? [] : [`${locked} sets locked for longer`]),
    [
      `${kept} kept`,
      ...(before === 0 ? [] : [`${before} released before`]),
      `${released} ${isApplied ? 'released' : 'to be released'}${isApplied || released === 0 ? '' : ': `holdfast prune --apply` does it'}`,
    ].join(', '),
  ].join('\n');
}
