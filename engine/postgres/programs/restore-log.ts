import type { TocEntry } from '../../domain/archive-toc.ts';
import { type FailedEntry, failedEntry } from '../../domain/restore/failed-entry.ts';
import { sayOutput } from '../said.ts';

/** Of a line, and of what follows the header of a failure: a statement may be megabytes long. */
const LONGEST_LINE = 4096;
const LONGEST_BLOCK = 16_384;

/** src/bin/pg_dump/pg_backup_archiver.c, warn_or_exit_horribly(). */
const HEADER = /^pg_restore: from TOC entry (\d+); (\d+) (\d+) (.*)$/;
const COMPLETE = /^pg_restore: warning: errors ignored on restore: \d+$/;

/** With --verbose it says what it does as well, and what fails is only told with --verbose. */
const ELSEWHERE = /^pg_restore: (?!error: |warning: |detail: |hint: )/;

interface Block {
  dumpId: number;
  catalogOid: number;
  oid: number;
  /** Type, name and owner joined by spaces. */
  rest: string;
  text: string;
}

/**
 * What `pg_restore --verbose` says about entries that failed. The dump id in it leads to the entry of the table
 * of contents, whose own fields say what it is: the text beside the id is only compared.
 */
export class RestoreLog {
  /** Whether pg_restore went through to the end in spite of errors. */
  isComplete = false;
  readonly #blocks: Block[] = [];
  #line = '';
  /** The block that lines belong to; undefined after a line about something that went well. */
  #open: Block | undefined;

  push(text: string): void {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      this.#take(this.#line + line);
      this.#line = '';
    }
    this.#line = (this.#line + last).slice(0, LONGEST_LINE);
  }

  /** Each failed entry once, in the order of their failures. */
  failures(toc: readonly TocEntry[]): FailedEntry[] {
    const byId = new Map(toc.map((entry) => [entry.dumpId, entry]));
    const reasons = new Map<TocEntry, string>();
    for (const block of this.#blocks) {
      const entry = byId.get(block.dumpId);
      if (entry === undefined || !isOf(entry, block)) continue;
      const reason = sayOutput(block.text);
      if (reason !== '' && !reasons.has(entry)) reasons.set(entry, reason);
    }
    return [...reasons].map(([entry, reason]) => failedEntry(entry, reason));
  }

  #take(line: string): void {
    const header = HEADER.exec(line);
    this.isComplete = COMPLETE.test(line);
    if (header !== null) {
      const [, dumpId, catalogOid, oid, rest = ''] = header;
      this.#open = {
        ...{ dumpId: Number(dumpId), catalogOid: Number(catalogOid), oid: Number(oid) },
        ...{ rest, text: '' },
      };
      this.#blocks.push(this.#open);
      return;
    }
    if (ELSEWHERE.test(line)) this.#open = undefined;
    if (this.#open !== undefined && this.#open.text.length < LONGEST_BLOCK)
      this.#open.text += `${line.slice(0, LONGEST_LINE)}\n`;
  }
}

/** A line with the id of an entry that is about something else is part of a statement or a message. */
function isOf(entry: TocEntry, { catalogOid, oid, rest }: Block): boolean {
  return entry.catalogOid === catalogOid && entry.oid === oid && rest.startsWith(`${entry.type} `);
}
