import { Command, Option } from 'commander';
import { checkedKeys } from '../../engine/composition/checked-keys.ts';
import { systemClock } from '../../engine/composition/from-config.ts';
import type { LoadedConfig } from '../../engine/composition/load-config.ts';
import { repositoriesOf } from '../../engine/composition/repositories.ts';
import { checkDocument } from '../../engine/domain/check-document.ts';
import { CHECK_EXIT } from '../../engine/domain/exit-status.ts';
import type { Finding } from '../../engine/domain/finding.ts';
import { countVerdicts, pluginOutput } from '../../engine/domain/health/plugin-output.ts';
import {
  describeMissingPlan,
  judgeRecoveryPlan,
} from '../../engine/domain/health/recovery-plan.ts';
import { withPlainLines } from '../../engine/domain/text/plain-text.ts';
import { checkAges } from '../../engine/operations/check/check-ages.ts';
import { checkKeys } from '../../engine/operations/check/check-keys.ts';
import { checkRehearsal } from '../../engine/operations/check/check-rehearsal.ts';
import { scoreDatabases } from '../../engine/operations/check/score-databases.ts';
import { type CheckResult, check, withFindings } from '../../engine/operations/check.ts';
import { FORMATS, type Invocation } from '../invocation.ts';
import type { Run } from '../run.ts';
import { describeScorecard } from '../scorecard.ts';
import { assertOneFormat } from '../shared/one-format.ts';
import { EVERYTHING } from '../subject.ts';
import { renderTable } from '../table.ts';
import { showTime } from '../words.ts';

export function checkCommand(run: Run): Command {
  return new Command('check')
    .description(
      'judge every plan (fresh, late, missing, suspect, corrupt, unproven) and every disk; exits with 0, 1, 2 or 3 like a Nagios plugin',
    )
    .addOption(
      new Option(
        '--format <format>',
        'nagios prints one status line with performance data first, and errors as UNKNOWN on stdout',
      ).choices([...FORMATS]),
    )
    .option(
      '--scorecard',
      'also print how each database is protected: copies, locks, proofs, RPO, RTO and the 3-2-1 rule',
    )
    .option('--no-alerts', 'send no alert and no heartbeat, and record no alert state')
    .action(
      run(async (invocation, { alerts, scorecard: isScored }) => {
        invocation.sendsAlerts = alerts !== false;
        assertOneFormat(invocation);
        const loaded = await invocation.load();
        invocation.subject = EVERYTHING;
        const repositories = await repositoriesOf(loaded, invocation.named());
        const judged = await check({ repositories, clock: systemClock }, loaded.config, {
          surroundings: await surroundingsOf(loaded),
        });
        const rehearsal = await checkRehearsal({ repositories }, judged, loaded.config);
        const result = await withRest(judged, invocation, rehearsal);
        invocation.checked = result;
        for (const note of [...snapshotNotes(loaded.config), ...planNotes(loaded)])
          invocation.printer.note(note);
        const isDocument = invocation.options.json || invocation.options.format === 'json';
        const scorecard =
          isScored || isDocument
            ? await scoreDatabases(result, { repositories, config: loaded.config })
            : [];
        const shown = withPlainLines(result);
        invocation.printer.result(checkDocument(result, scorecard), () =>
          invocation.options.format === 'nagios'
            ? pluginOutput(shown, checkAges(result, loaded.config))
            : [describeCheck(shown), ...(isScored ? ['', describeScorecard(scorecard)] : [])].join(
                '\n',
              ),
        );
        process.exitCode = CHECK_EXIT[result.status];
      }),
    );
}

/** The SDK of AWS is loaded for the vault of a stack only. */
async function surroundingsOf(loaded: LoadedConfig) {
  if (loaded.config.aws === undefined) return undefined;
  const { vaultSurroundings } = await import('../../engine/composition/vault-surroundings.ts');
  return vaultSurroundings(loaded);
}

/** With what is to be said of keys and of the recovery plan and its rehearsal, which are of no repository. */
async function withRest(
  result: CheckResult,
  { loaded, options }: Invocation,
  rehearsal: readonly Finding[],
): Promise<CheckResult> {
  if (loaded === undefined || options.repository !== undefined) return result;
  const { checkedAt: now, seen } = result;
  const holdsSets = [...seen.values()].some((sets) => sets.length > 0);
  return withFindings(result, [
    ...(await checkKeys(checkedKeys(loaded, { holdsSets }), { now, whenRefused: 'ok' })),
    ...judgeRecoveryPlan(loaded.config, { now, knowsContacts: true }),
    ...rehearsal,
  ]);
}

/**
 * Without a config file there is no place for people and reviews. Only a person at a terminal is asked: cron
 * mails what stands on stderr.
 */
function planNotes({ config, path }: LoadedConfig): string[] {
  const isAsked = path !== undefined && process.stderr.isTTY === true;
  const note = isAsked ? describeMissingPlan(config) : null;
  return note === null ? [] : [note];
}

/** A machine without the stack's roles has nothing to ask RDS with. */
function snapshotNotes({ snapshotPlans }: LoadedConfig['config']): string[] {
  const names = Object.keys(snapshotPlans);
  return names.length === 0
    ? []
    : [`snapshot plans (${names.join(', ')}) are judged by the stack: \`holdfast remote check\``];
}

/** The first line stands by itself: it is what a monitoring system shows. */
export function describeCheck({
  status,
  findings,
}: Pick<CheckResult, 'status' | 'findings'>): string {
  const rows = findings.map(rowOf);
  const hints = new Set(
    findings.flatMap((finding) =>
      finding.hint === null ? [] : [`${nameOf(finding)}: ${finding.hint}`],
    ),
  );
  const table = renderTable(
    ['severity', 'verdict', 'plan', 'database', 'repository', 'detail'],
    rows,
  );
  return [
    `${status.toUpperCase()}: ${countVerdicts(findings)}`,
    table,
    ...(hints.size === 0 ? [] : ['', ...hints]),
  ].join('\n');
}

function rowOf({
  severity,
  verdict,
  plan,
  database,
  repository,
  detail,
  since,
}: Finding): string[] {
  const time = since === null ? '' : `, since ${showTime(since.toISOString())}`;
  return [severity, verdict, plan ?? '', database ?? '', repository, `${detail}${time}`];
}

function nameOf({ database, plan, repository, verdict }: Finding): string {
  return `${[database, plan].filter((name) => name !== null).join('/') || repository} ${verdict}`;
}
