/** How a service counts the length of a text, for example after its escapes. */
export type Measure = (text: string) => number;

const CUT = '...';

/** The text, or its beginning and `...`; a character is never cut in half. */
export function cutText(text: string, limit: number, measure: Measure = lengthOf): string {
  if (measure(text) <= limit) return text;
  const characters = Array.from(text);
  let fits = 0;
  for (let tooMany = characters.length; tooMany - fits > 1; ) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (measure(`${characters.slice(0, middle).join('')}${CUT}`) <= limit) fits = middle;
    else tooMany = middle;
  }
  return `${characters.slice(0, fits).join('')}${CUT}`;
}

export interface FitOptions {
  /** Of all paragraphs together. */
  limit: number;
  measure?: Measure;
  /** Of the separator between two paragraphs. */
  gap?: number;
  /** Stands for the last `count` paragraphs where they do not fit. */
  rest: (count: number) => string;
}

/** As many paragraphs as fit, the first one at least in part. */
export function fitParagraphs(paragraphs: readonly string[], options: FitOptions): string[] {
  const { limit, measure = lengthOf, gap = 2, rest } = options;
  const kept: string[] = [];
  const reserve = paragraphs.length > 1 ? measure(rest(paragraphs.length)) + gap : 0;
  let room = limit;
  for (const [index, paragraph] of paragraphs.entries()) {
    const isLast = index === paragraphs.length - 1;
    const free = isLast ? room : room - reserve;
    const shown = index === 0 ? cutText(paragraph, free, measure) : paragraph;
    if (measure(shown) > free) return [...kept, rest(paragraphs.length - index)];
    kept.push(shown);
    room -= measure(shown) + gap;
  }
  return kept;
}

export function lengthOf({ length }: string): number {
  return length;
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
