import { scaleLinear, scaleUtc } from 'd3-scale';
import { line } from 'd3-shape';
import type { ReportedDatabase, ReportedSet } from '../../domain/evidence/report-schema.ts';
import { speakBytes, speakCount, speakSeconds } from '../../domain/spoken-numbers.ts';
import { type Markup, markup } from './markup.ts';

const WIDTH = 280;
const HEIGHT = 110;
const LEFT = 58;
const BOTTOM = 16;
const TOP = 6;
const COLOURS = ['#1f5fa8', '#b35c00', '#5b3d99', '#1a7f4b', '#8a1c4a', '#47606e'];

interface Point {
  at: Date;
  value: number;
}

export interface PlotOptions {
  title: string;
  from: Date;
  to: Date;
  /** Points of each line, by its name. */
  lines: readonly { name: string; points: readonly Point[] }[];
  speak: (value: number) => string;
  /** A level to compare with. */
  limit?: { value: number; name: string } | undefined;
}

/** A small plot over time as SVG, with its numbers in words for who can not see it. */
export function plot({ title, from, to, lines, speak, limit }: PlotOptions): Markup {
  const all = lines.flatMap(({ points }) => points.map(({ value }) => value));
  const most = Math.max(...all, limit?.value ?? 0, 0);
  const x = scaleUtc([from, to], [LEFT, WIDTH - 8]);
  const y = scaleLinear([0, most === 0 ? 1 : most], [HEIGHT - BOTTOM, TOP]).nice(3);
  const path = line<Point>(
    ({ at }) => x(at),
    ({ value }) => y(value),
  ).digits(1);
  const ticks = y
    .ticks(3)
    .filter((tick, index, others) => index === 0 || speak(tick) !== speak(others[index - 1] ?? 0));
  const words =
    all.length === 0
      ? 'no value'
      : `from ${speak(Math.min(...all))} to ${speak(Math.max(...all))}, ${all.length} sets`;
  return markup`<figure><figcaption>${title}: ${words}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img"><title>${title}: ${words}</title>
${ticks.map(
  (tick) =>
    markup`<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke="#dde3ea"/><text x="${LEFT - 4}" y="${round(y(tick) + 3)}" font-size="9" fill="#4a5868" text-anchor="end">${speak(tick)}</text>`,
)}
${x
  .ticks(4)
  .map(
    (tick) =>
      markup`<text x="${round(x(tick))}" y="${HEIGHT - 4}" font-size="9" fill="#4a5868" text-anchor="middle">${tick.getUTCDate()}</text>`,
  )}
${limit === undefined ? '' : markup`<line x1="${LEFT}" x2="${WIDTH - 8}" y1="${round(y(limit.value))}" y2="${round(y(limit.value))}" stroke="#b3261e" stroke-dasharray="4 3"/><text x="${WIDTH - 8}" y="${round(y(limit.value) - 2)}" font-size="9" fill="#b3261e" text-anchor="end">${limit.name}</text>`}
${lines.map(({ name, points }, index) => {
  const colour = COLOURS[index % COLOURS.length];
  return markup`<g fill="${colour}" stroke="${colour}"><title>${name}</title><path d="${path([...points]) ?? ''}" fill="none" stroke-width="1.5"/>${points.map(
    (point) => markup`<circle cx="${round(x(point.at))}" cy="${round(y(point.value))}" r="1.7"/>`,
  )}</g>`;
})}
</svg></figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

interface Period {
  from: Date;
  to: Date;
}

/** Size, rows and duration of the sets of one database, a line for each plan. */
export function plotsOf({ sets }: ReportedDatabase, period: Period): Markup {
  const plans = [...new Set(sets.map(({ plan }) => plan))];
  const linesOf = (value: (set: ReportedSet) => number | null) =>
    plans.map((name) => ({
      name,
      points: sets
        .filter(({ plan }) => plan === name)
        .flatMap((set) => {
          const found = value(set);
          return found === null ? [] : [{ at: new Date(set.startedAt), value: found }];
        }),
    }));
  const legend =
    plans.length < 2
      ? ''
      : markup`<p class="key">${plans.map(
          (name, index) =>
            markup`<svg width="12" height="10" role="presentation"><rect width="10" height="10" fill="${COLOURS[index % COLOURS.length]}"/></svg> ${name} `,
        )}</p>`;
  return markup`<div class="plots">
${plot({ title: 'Stored', ...period, lines: linesOf((set) => set.storedBytes), speak: speakBytes })}
${plot({ title: 'Rows', ...period, lines: linesOf((set) => set.rows), speak: speakCount })}
${plot({ title: 'Duration', ...period, lines: linesOf((set) => set.seconds), speak: speakSeconds })}
</div>${legend}`;
}
