import type { RunbookFacts } from './facts.ts';
import type { Measured } from './measured.ts';
import { nextReview } from './review.ts';
import type { Runbook } from './runbook.ts';

/** The JSON of `holdfast runbook`. */
export function runbookDocument(facts: RunbookFacts, { scenarios, gaps, markdown }: Runbook) {
  const { madeAt, project, config, objectives, review, contacts, databases, repositories } = facts;
  return {
    madeAt,
    project,
    config: config.path,
    rtoSeconds: objectives?.rto ?? null,
    rpoSeconds: objectives?.rpo ?? null,
    lastReview: review.last,
    nextReview: nextReview(review),
    contacts: contacts.map(({ role, name, phone, email }) => ({ role, name, phone, email })),
    databases: databases.map(({ name, measured }) => ({ database: name, ...timesOf(measured) })),
    repositories: repositories.map(({ name, location, problem }) => ({ name, location, problem })),
    scenarios: scenarios.map(({ id, title, steps }) => ({
      id,
      title,
      steps: steps.map(({ text, commands }) => ({
        text,
        commands: commands.map(({ line }) => line),
      })),
    })),
    missing: gaps,
    markdown,
  };
}

function timesOf({ newest, provenAt, widestGap, drill, restore }: Measured) {
  return {
    newestSet: newest?.id ?? null,
    newestAt: newest?.startedAt ?? null,
    provenAt,
    gapSeconds: widestGap?.seconds ?? null,
    gapFrom: widestGap?.from ?? null,
    gapTo: widestGap?.to ?? null,
    drilledAt: drill?.at ?? null,
    drilledSet: drill?.set ?? null,
    drillRestoreSeconds: drill?.restoreSeconds ?? null,
    drillSeconds: drill?.seconds ?? null,
    drillStoredBytes: drill?.storedBytes ?? null,
    restoredAt: restore?.at ?? null,
    restoredSet: restore?.set ?? null,
    restoreSeconds: restore?.seconds ?? null,
    restoreTarget: restore?.target ?? null,
  };
}
