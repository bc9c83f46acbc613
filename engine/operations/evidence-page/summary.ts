import type { EvidenceReport, RunOutcome } from '../../domain/evidence/report-schema.ts';
import { speakCount, speakSeconds } from '../../domain/spoken-numbers.ts';
import { type Markup, markup } from './markup.ts';

interface Tile {
  name: string;
  value: string;
  tone: 'good' | 'bad' | 'open';
}

/** The month in a few numbers, each with what it is judged by. */
export function summary(report: EvidenceReport): Markup {
  const tiles = [runsTile(report), failuresTile(report), drillsTile(report), rpoTile(report)];
  const more = [rtoTile(report), recordsTile(report)];
  return markup`<dl class="tiles">${[...tiles, ...more].map(
    ({ name, value, tone }) => markup`<div class="${tone}"><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`;
}

function runsTile({ series }: EvidenceReport): Tile {
  const sum = (outcomes: readonly RunOutcome[]) =>
    series.reduce(
      (all, { counts }) => all + outcomes.reduce((own, name) => own + counts[name], 0),
      0,
    );
  const due = sum(['taken', 'late', 'suspect', 'failed', 'missed']);
  const taken = sum(['taken', 'late', 'suspect']);
  return {
    name: 'Backups taken of those due',
    value: due === 0 ? 'none was due' : `${speakCount(taken)} of ${speakCount(due)}`,
    tone: due === 0 ? 'open' : taken === due ? 'good' : 'bad',
  };
}

function failuresTile({ failures }: EvidenceReport): Tile {
  const open = failures.filter(({ mendedBy }) => mendedBy === null).length;
  return {
    name: 'Failures, and still open',
    value: `${failures.length}, ${open} open`,
    tone: open > 0 ? 'bad' : failures.length > 0 ? 'open' : 'good',
  };
}

function drillsTile({ drills, databases }: EvidenceReport): Tile {
  const passed = new Set(
    drills.filter(({ result }) => result === 'PASS').map(({ database }) => database),
  );
  const count = databases.filter(({ database }) => passed.has(database)).length;
  return {
    name: 'Databases restored and compared',
    value: `${count} of ${databases.length}`,
    tone: count === databases.length && count > 0 ? 'good' : 'open',
  };
}

function rpoTile({ databases, objectives: { rpoSeconds } }: EvidenceReport): Tile {
  const measured = databases.map(({ rpo }) => rpo?.seconds);
  const worst = Math.max(0, ...measured.filter((one) => one !== undefined));
  const missing = measured.filter((one) => one === undefined).length;
  const value = missing > 0 ? `not shown for ${missing}` : speakSeconds(worst);
  const isMet = missing === 0 && (rpoSeconds === null || worst <= rpoSeconds);
  return {
    name: `Longest possible loss (RPO ${rpoSeconds === null ? 'not set' : speakSeconds(rpoSeconds)})`,
    value,
    tone: isMet ? (rpoSeconds === null ? 'open' : 'good') : 'bad',
  };
}

function rtoTile({ drills, objectives: { rtoSeconds } }: EvidenceReport): Tile {
  const longest = Math.max(0, ...drills.map(({ restoreSeconds }) => restoreSeconds));
  const isMet = rtoSeconds !== null && longest <= rtoSeconds;
  return {
    name: `Longest restore test (RTO ${rtoSeconds === null ? 'not set' : speakSeconds(rtoSeconds)})`,
    value: drills.length === 0 ? 'no drill' : speakSeconds(longest),
    tone: drills.length === 0 || rtoSeconds === null ? 'open' : isMet ? 'good' : 'bad',
  };
}

function recordsTile({ records: { total, unreadable, clocks }, ledgers }: EvidenceReport): Tile {
  const problems = ledgers.flatMap((ledger) => ledger.problems);
  const odd = unreadable.length + clocks.length + problems.length;
  return {
    name: 'Audit records, and what is wrong with them',
    value: `${speakCount(total)}, ${odd === 0 ? 'nothing found' : odd}`,
    tone: odd > 0 ? 'bad' : ledgers.length === 0 ? 'open' : 'good',
  };
}
