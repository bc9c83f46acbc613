import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { textPrinter } from '../../../cli/printer/text-printer.ts';

describe('progress for people', () => {
  let written: string[];

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubEnv('LC_ALL', 'C.UTF-8');
    vi.stubEnv('TERM', 'xterm');
    written = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
  });

  /** A run of 70 seconds, with an event each second. */
  const runFor70Seconds = ({ isQuiet }: { isQuiet: boolean }) => {
    const printer = textPrinter({ isQuiet, complete: (text) => text });
    printer.about('clinic');
    for (let second = 0; second < 70; second += 1) {
      printer.progress({ phase: 'dump', bytes: second * 1000, totalBytes: 100_000 });
      vi.advanceTimersByTime(1000);
    }
    printer.close();
    vi.advanceTimersByTime(60_000);
  };
  const LINES = [
    'clinic: dump: 29 %, 29 kB, 967 B/s, 30s elapsed, about 1m 13s left\n',
    'clinic: dump: 59 %, 59 kB, 983 B/s, 1m elapsed, about 42s left\n',
  ];

  it('is a line every 30 seconds where stderr is no terminal, until the run ends', () => {
    withTerminal(false);
    runFor70Seconds({ isQuiet: false });
    expect(written).toEqual(LINES);
  });

  it('is the same lines on a terminal that can not draw a line again', () => {
    withTerminal(true);
    vi.stubEnv('TERM', 'dumb');
    runFor70Seconds({ isQuiet: false });
    expect(written).toEqual(LINES);
  });

  it('is silent with --quiet', () => {
    withTerminal(false);
    runFor70Seconds({ isQuiet: true });
    expect(written).toEqual([]);
  });

  it('says results, notes and errors in ASCII where the locale has no more', () => {
    withTerminal(false);
    vi.stubEnv('LC_ALL', 'C');
    const results: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => results.push(String(text)) > 0);
    const printer = textPrinter({ isQuiet: false, complete: (text) => text });
    printer.note('one → two');
    printer.result({}, () => '✓ users: 45 rows\n✗ patients: missing');
    expect(written).toEqual(['one -> two\n']);
    expect(results).toEqual(['ok users: 45 rows\nFAILED patients: missing\n']);
  });
});

function withTerminal(isTTY: boolean): void {
  vi.spyOn(process, 'stderr', 'get').mockReturnValue(
    Object.assign(Object.create(process.stderr) as typeof process.stderr, { isTTY }),
  );
}
