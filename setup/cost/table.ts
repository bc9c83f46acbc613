import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { factsOfExample } from './facts.ts';
import { type CostLine, costOfMonth, type StackFacts, sizeOf, taskHours } from './month.ts';
import { PRICES, PRICES_SEEN, type Price } from './prices.ts';

/** `node setup/cost/table.ts` writes the tables of docs/COST.md, from prices, config and synthesized stack. */
const DOCUMENT = join(import.meta.dirname, '../../docs/COST.md');
const BEGIN = '<!-- cost: begin (node setup/cost/table.ts writes this) -->';
const END = '<!-- cost: end -->';

const SIZES_GB = [10, 100, 1000] as const;
const KINDS = ['backup', 'verify', 'drill'] as const;

/** The document with fresh tables. @throws Error when it has not the two marks. */
export function withCosts(document: string, facts: StackFacts): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/COST.md needs the lines ${BEGIN} and ${END}`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${costs(facts)}\n\n${tasks()}\n\n${prices()}\n\n${document.slice(end)}`;
}

function costs(facts: StackFacts): string {
  const columns = SIZES_GB.map((gb) => costOfMonth(gb, facts));
  const names = columns[0]?.map(({ what }) => what) ?? [];
  const sums = (keep: (line: CostLine) => boolean) =>
    columns.map((lines) => sum(lines.filter(keep)));
  return table(
    ['US dollars a month', ...SIZES_GB.map(spoken)],
    [
      ...names.map((name, index) => [
        name,
        ...columns.map((lines) => dollars(lines[index]?.usd ?? 0)),
      ]),
      ['**All**', ...sums(() => true).map((usd) => `**${dollars(usd)}**`)],
      [
        'All with `aws.replica: none`',
        ...sums(({ isOfReplica }) => isOfReplica !== true).map(dollars),
      ],
    ],
  );
}

function tasks(): string {
  return table(
    ['Task', ...SIZES_GB.map(spoken)],
    KINDS.map((kind) => [
      kind,
      ...SIZES_GB.map((gb) => `${sizeOf(kind, gb)}, ${hours(taskHours(kind, gb))}`),
    ]),
  );
}

/** Each price with the page of AWS that holds good, and where the number was read. */
function prices(): string {
  const rows = Object.values<Price>(PRICES).map(({ usd, per, page, readAt }) => [
    per,
    plain(usd),
    `[AWS](${page})`,
    readAt === null ? '**not confirmed**' : readAt === page ? 'there' : `[copy](${readAt})`,
  ]);
  return table(
    [`US dollars, us-east-1, looked up ${PRICES_SEEN}`, 'price', 'page', 'read at'],
    rows,
  );
}

/** Without an exponent; a price of a thousandth of a cent is one for a thousand or a million. */
function plain(usd: number): string {
  const many = usd >= 0.0009 || usd === 0.000111 ? 1 : usd >= 0.00001 ? 1000 : 1_000_000;
  return `${Number((usd * many).toPrecision(6))}${many === 1 ? '' : ` for ${many.toLocaleString('en-US')}`}`;
}

function table(head: string[], rows: string[][]): string {
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [head, rule, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function sum(lines: readonly CostLine[]): number {
  return lines.reduce((all, { usd }) => all + usd, 0);
}

function dollars(usd: number): string {
  return usd < 10 ? usd.toFixed(2) : Math.round(usd).toLocaleString('en-US');
}

function spoken(gb: number): string {
  return gb < 1000 ? `${gb} GB` : `${gb / 1000} TB`;
}

function hours(time: number): string {
  return time < 1 ? `${Math.round(time * 60)} min` : `${time.toFixed(1)} h`;
}

if (import.meta.main)
  await writeFile(DOCUMENT, withCosts(await readFile(DOCUMENT, 'utf8'), factsOfExample()));
