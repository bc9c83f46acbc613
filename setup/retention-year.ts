import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReasonCode } from '../engine/domain/retention.ts';
import { PLANS, Year } from './simulated-year.ts';

/** `node setup/retention-year.ts` lives through a year of backups and writes what is left, and why, into docs/RETENTION.md. */
const DOCUMENT = join(import.meta.dirname, '../docs/RETENTION.md');
const BEGIN = '<!-- a year: begin (node setup/retention-year.ts writes these tables) -->';
const END = '<!-- a year: end -->';

/** The document with fresh tables. @throws Error when it has not the two marks. */
export function withYear(document: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`docs/RETENTION.md needs the lines ${BEGIN} and ${END}`);
  const year = new Year();
  return `${document.slice(0, begin)}${BEGIN}\n\n${renderPlans(year)}\n\n${renderMonths(year)}\n\n${document.slice(end)}`;
}

function renderPlans(year: Year): string {
  const reasons = year.reasons();
  const rows = PLANS.map(({ name, schedule, keep }) => {
    const taken = year.sets.filter(({ plan }) => plan === name);
    const left = taken.filter(({ releasedAt }) => releasedAt === undefined);
    const why = countsOf(left.flatMap((set) => reasons.get(set) ?? []));
    return [
      `\`${name}\``,
      `\`${schedule}\``,
      keep,
      taken.length,
      taken.length - left.length,
      left.length,
      dayOf(left[0]?.startedAt),
      why,
    ];
  });
  return table(
    ['plan', 'schedule', 'keep', 'taken', 'released', 'left', 'oldest left', 'kept because'],
    rows,
  );
}

function renderMonths(year: Year): string {
  const rows = Array.from({ length: 12 }, (_, month) => {
    const [begin, end] = [
      new Date(Date.UTC(2026, month, 1)),
      new Date(Date.UTC(2026, month + 1, 1)),
    ];
    const there = year.thereAt(end);
    const released = year.sets.filter(
      ({ releasedAt }) => releasedAt !== undefined && releasedAt >= begin && releasedAt < end,
    ).length;
    return [
      dayOf(begin).slice(0, 7),
      ...PLANS.map(({ name }) => there.filter(({ plan }) => plan === name).length),
      there.length,
      released,
    ];
  });
  return table(['at the end of', ...PLANS.map(({ name }) => name), 'sets', 'released in it'], rows);
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

function countsOf(codes: readonly ReasonCode[]): string {
  const names = [...new Set(codes)];
  return names
    .map((name) => `\`${name}\` ${codes.filter((code) => code === name).length}`)
    .join(', ');
}

function dayOf(time: Date | undefined): string {
  return time?.toISOString().slice(0, 10) ?? '';
}

if (import.meta.main) await writeFile(DOCUMENT, withYear(await readFile(DOCUMENT, 'utf8')));
