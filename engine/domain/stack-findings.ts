import { quoteForShell } from './command-quoting.ts';
import type { Finding } from './finding.ts';
import { IF_CONFIRMED } from './health/restore-time.ts';
import { ROTATE_DAILY } from './health/unread.ts';
import { isSnapshotPlace } from './snapshot-verdict.ts';
import { speakTime } from './spoken-numbers.ts';
import { REREAD_MACHINE } from './stack-names.ts';
import type { Standing } from './standing.ts';
import { NEW_BACKUP } from './verdict.ts';

/** Findings as somebody needs them who was woken: with what is still safe, and with commands that work in the stack. */
export function inStack(findings: readonly Finding[], standings: readonly Standing[]): Finding[] {
  return findings.map((found) => {
    if (found.severity === 'ok') return found;
    return {
      ...found,
      detail: [found.detail, ...safetyOf(found, standings)].join('; '),
      hint: nextStep(found) ?? found.hint,
    };
  });
}

/** The newest good set of the database, whatever plan took it; nothing of what no plan names. */
function safetyOf({ database, verdict }: Finding, standings: readonly Standing[]): string[] {
  if (verdict === 'unreachable')
    return ['nothing is known of its sets; what lies in a replica does not depend on it'];
  const own = standings.filter((one) => one.database === database);
  if (own.length === 0) return [];
  const sets = own.flatMap(({ newest }) => (newest === undefined ? [] : [newest]));
  const [newest] = sets.toSorted(
    (one, other) => other.startedAt.getTime() - one.startedAt.getTime(),
  );
  if (newest === undefined) return ['there is no good set of it'];
  return [`still safe: set ${newest.id} of ${speakTime(newest.startedAt)} (${newest.state})`];
}

/** Undefined where what `check` says itself is as good here. */
function nextStep(found: Finding): string | undefined {
  const { verdict, plan, database, repository } = found;
  if (database === null || isSnapshotPlace(repository)) return undefined;
  const name = quoteForShell(database);
  if (verdict === 'unproven')
    return `\`holdfast remote drill ${name}\` restores its latest set into a throw-away server and judges it.`;
  if (verdict === 'rto') return `\`holdfast remote drill ${name}\` measures it. ${IF_CONFIRMED}`;
  if (plan === null) return undefined;
  if (verdict === 'unread')
    return inTasks(found.hint?.replace(ROTATE_DAILY, DAILY_MACHINE) ?? '') || undefined;
  const backup = `\`holdfast remote backup ${name} --plan ${quoteForShell(plan)}\``;
  if (verdict === 'late' || verdict === 'missing')
    return `${backup} takes one now and shows its log.`;
  if (verdict === 'suspect')
    return `${backup} takes a new one. ${inTasks(found.hint?.replace(NEW_BACKUP, '') ?? '')}`;
  if (verdict === 'corrupt')
    return `CloudTrail says who changed the vault, and the replica may have it whole. ${backup} takes a new one.`;
  return undefined;
}

/** A warning comes only when the daily runs have not done their work for two weeks. */
const DAILY_MACHINE = `The state machine *-${REREAD_MACHINE} reads old sets again each day: look at its last executions. Until it works again, `;

/** Reading and drilling a set is done by tasks of the stack; a mark is put from anywhere. */
function inTasks(hint: string): string {
  return hint.replaceAll(/`holdfast (verify|drill) /g, '`holdfast remote $1 ');
}
