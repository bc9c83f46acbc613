import { resolve } from 'node:path';
import { Command } from 'commander';
import { systemClock } from '../../engine/composition/from-config.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { readPublicKeyFile } from '../../engine/composition/public-key-file.ts';
import {
  evidenceContext,
  reportSigner,
  verifyReportFile,
} from '../../engine/composition/report.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import {
  type Month,
  monthBefore,
  monthOf,
  parseMonth,
} from '../../engine/domain/evidence/month.ts';
import { HoldfastError, isHoldfastError } from '../../engine/errors.ts';
import { type ListedAccesses, listAccesses } from '../../engine/operations/access/list-accesses.ts';
import { reportDocument } from '../../engine/operations/evidence/report-document.ts';
import {
  type VerifiedReport,
  verifyMonth,
} from '../../engine/operations/evidence/verify-report.ts';
import { writeReport } from '../../engine/operations/evidence/write-report.ts';
import { readPublicKeys } from '../../engine/operations/signing/public-keys.ts';
import type { PublicKey } from '../../engine/stream/signing/sign-envelope.ts';
import type { Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';
import { EVERYTHING } from '../subject.ts';

export function reportCommand(run: Run): Command {
  return new Command('report')
    .description(
      'write the evidence of a month into the repositories: one page of HTML and the same as JSON, both signed',
    )
    .option('--month <month>', 'year and month, such as 2026-11 (default: the last whole month)')
    .action(
      run(async (invocation, { month }) => {
        const loaded = await invocation.load();
        invocation.subject = EVERYTHING;
        const context = await evidenceContext(loaded, {
          repositories: invocation.named(),
          progress: (event) => invocation.printer.progress(event),
        });
        const period = month === undefined ? lastMonth() : parseMonth(String(month));
        const { printer, signal } = invocation;
        const note = (text: string) => printer.note(text);
        const written = await writeReport(context, {
          month: period,
          trails: await readTrails(loaded, { month: period, signal, note }),
          config: loaded.config,
          signer: await reportSigner(loaded, context),
        });
        invocation.printer.result(reportDocument(written), (shown) =>
          [
            `evidence of ${shown.month}${shown.isComplete ? '' : ', which is not over yet'}`,
            `${shown.runs.taken} of ${shown.runs.due} due backups taken, ${shown.failures.open} of ${shown.failures.all} failures open, ${shown.drills} ${shown.drills === 1 ? 'drill' : 'drills'}`,
            ...shown.places.flatMap((place) => [
              `${place}/${shown.htmlKey}`,
              `${place}/${shown.jsonKey}`,
              `${place}/${shown.statementKey}`,
            ]),
          ].join('\n'),
        );
      }),
    )
    .addCommand(verifyCommand(run));
}

/** Null where the config has no stack, and where nothing of its trails can be read. */
async function readTrails(
  loaded: LoadedConfig,
  { note, ...period }: { month: Month; signal: AbortSignal; note: (text: string) => void },
): Promise<ListedAccesses | null> {
  if (loaded.config.aws === undefined) return null;
  try {
    // The SDK of AWS is loaded for a stack only.
    const { trailsOf } = await import('../../engine/composition/trails.ts');
    const { trails, ...options } = await trailsOf(loaded);
    const listed = await listAccesses(trails, { ...period, ...options });
    const [failure] = listed.failures;
    if (listed.failures.length === trails.length && failure !== undefined) throw failure.error;
    return listed;
  } catch (error) {
    if (period.signal.aborted || !isHoldfastError(error)) throw error;
    note(`the report does not show who else read the backups: ${error.message}`);
    return null;
  }
}

function lastMonth() {
  return monthBefore(monthOf(systemClock.now()));
}

function verifyCommand(run: Run): Command {
  return new Command('verify')
    .description('verify that reports are as they were signed')
    .argument('[report]', 'month, or a file of a report (default: the last whole month)')
    .option(
      '--public-key <file>',
      'public key that was kept in another place; without it, the keys that the repository names',
    )
    .action(
      run(async (invocation, { publicKey }, [what]) => {
        const given =
          publicKey === undefined ? [] : [await readPublicKeyFile(resolve(String(publicKey)))];
        const reports =
          what === undefined || /^\d{4}-\d{2}$/.test(what)
            ? await verifyInRepositories(invocation, { month: what, given })
            : [await verifyReportFile(what, await keysFor(invocation, given))];
        if (given.length === 0)
          invocation.printer.note(
            'these are the keys that the repository itself names: give --public-key with a key that was kept in another place',
          );
        invocation.printer.result({ reports }, (shown) => shown.reports.map(textOf).join('\n'));
        assertUnchanged(reports);
      }),
    );
}

async function keysFor(
  invocation: Invocation,
  given: readonly PublicKey[],
): Promise<readonly PublicKey[]> {
  if (given.length > 0) return given;
  const places = await repositoriesOf(await invocation.load(), invocation.named());
  return (await Promise.all(places.map(({ repository }) => readPublicKeys(repository)))).flat();
}

async function verifyInRepositories(
  invocation: Invocation,
  { month, given }: { month: string | undefined; given: readonly PublicKey[] },
): Promise<VerifiedReport[]> {
  const { name } = month === undefined ? lastMonth() : parseMonth(month);
  const places = await repositoriesOf(await invocation.load(), invocation.named());
  const found = await Promise.all(
    places.map((place) => verifyMonth(place, { month: name, keys: given })),
  );
  return found.flat();
}

function textOf({ id, place, keyId, problem }: VerifiedReport): string {
  return problem === null
    ? `${id} in ${place}: as it was signed by ${keyId}`
    : `${id} in ${place}: NOT as it was signed: ${problem}`;
}

/** @throws HoldfastError EVIDENCE_ALTERED. */
function assertUnchanged(reports: readonly VerifiedReport[]): void {
  const [bad] = reports.filter(({ problem }) => problem !== null);
  if (bad === undefined) return;
  throw new HoldfastError({
    code: 'EVIDENCE_ALTERED',
    message: `report ${bad.id} can not be relied on: ${bad.problem}`,
    hint: 'Compare it with a copy in another repository, and find out who could write there.',
  });
}
