import type { EvidenceReport } from '../../domain/evidence/report-schema.ts';
import { speakCount } from '../../domain/spoken-numbers.ts';
import { type Markup, markup, moment, section, table } from './markup.ts';

/** Reads of sets by those who are none of the roles of Holdfast; nothing where the trails were not read. */
export function accesses({ accesses: found }: EvidenceReport): Markup | '' {
  if (found === null) return '';
  const { files, oursCalls, others, missing } = found;
  return section(
    'Reads by others',
    markup`<p class="about">Files of the trails that were read: ${speakCount(files)}. Calls by the roles of Holdfast that have to read: ${speakCount(oursCalls)}.</p>`,
    table(
      ['who', 'did', 'database', 'set', 'calls', 'from', 'first (UTC)', 'last (UTC)', 'refused'],
      others.map((one) => [
        one.session === null ? one.principal : `${one.principal} (${one.session})`,
        one.action,
        one.database ?? 'not known',
        one.set ?? 'not known',
        one.calls,
        one.from ?? '',
        moment(one.first),
        moment(one.last),
        one.error ?? '',
      ]),
      { none: 'Nobody else read what a set holds.' },
    ),
    missing.map((text) => markup`<p>Not read: ${text}.</p>`),
  );
}
