import { closestWord } from '../../config/closest-word.ts';

/** `Did you mean "clinic"? `, with the blank behind it, or nothing where no known name is close. For the beginning of a hint. */
export function didYouMean(given: string, known: Iterable<string>): string {
  const closest = closestWord(given, [...known]);
  return closest === undefined ? '' : `Did you mean "${closest}"? `;
}
