import { describe, expect, it } from 'vitest';
import { RunProgress } from '../../../cli/printer/run-progress.ts';

const MB = 1_000_000;

describe('the progress of a run', () => {
  it('has the name of the database, the time that has gone and an estimate of what is left', () => {
    const progress = new RunProgress();
    progress.about('clinic');
    progress.take({ phase: 'preflight' }, 0);
    expect(progress.plainLine(0)).toBe('clinic: preflight: 0s elapsed');
    expect(progress.plainLine(5000)).toBe('clinic: preflight: 5s elapsed');
    progress.take({ phase: 'dump', bytes: 0, totalBytes: 400 * MB }, 5000);
    progress.take({ phase: 'dump', bytes: 100 * MB, totalBytes: 400 * MB }, 65_000);
    expect(progress.plainLine(65_000)).toBe(
      'clinic: dump: 25 %, 100 MB, 1.67 MB/s, 1m 5s elapsed, about 3m left',
    );
    expect(progress.barLine(65_000)).toBe(
      'clinic: dump       [███████░░░░░░░░░░░░░░░░░░░░░] 25 % 100 MB, 1.67 MB/s, 1m 5s elapsed, about 3m left',
    );
  });

  it('estimates nothing without a total, past the total, or in the first seconds', () => {
    const progress = new RunProgress();
    progress.take({ phase: 'rows', bytes: 0, totalBytes: 100 * MB }, 0);
    progress.take({ phase: 'rows', bytes: MB, totalBytes: 100 * MB }, 2000);
    expect(progress.plainLine(2000)).toBe('rows: 1 %, 1 MB, 500 kB/s, 2s elapsed');
    progress.take({ phase: 'rows', bytes: 120 * MB, totalBytes: 100 * MB }, 60_000);
    expect(progress.plainLine(60_000)).toBe('rows: 99 %, 120 MB, 2 MB/s, 1m elapsed');
    progress.take({ phase: 'export', bytes: 0 }, 60_000);
    progress.take({ phase: 'export', bytes: 10 * MB }, 70_000);
    expect(progress.plainLine(70_000)).toBe('export: 10 MB, 1 MB/s, 1m 10s elapsed');
  });

  it('lets the time run on while nothing else happens', () => {
    const progress = new RunProgress();
    progress.about('clinic');
    progress.take({ phase: 'keys and indexes' }, 0);
    expect(progress.barLine(3_600_000)).toBe('clinic: keys and indexes … 1h elapsed');
  });

  it('measures a phase on across another one, and begins again where its bytes do', () => {
    const progress = new RunProgress();
    progress.take({ phase: 'copy', bytes: 0, totalBytes: 40 * MB }, 0);
    progress.take({ phase: 'read back' }, 5000);
    progress.take({ phase: 'copy', bytes: 10 * MB, totalBytes: 40 * MB }, 10_000);
    expect(progress.plainLine(10_000)).toBe(
      'copy: 25 %, 10 MB, 1 MB/s, 10s elapsed, about 30s left',
    );
    progress.take({ phase: 'copy', bytes: 0, totalBytes: 40 * MB }, 20_000);
    progress.take({ phase: 'copy', bytes: 20 * MB, totalBytes: 40 * MB }, 25_000);
    expect(progress.plainLine(25_000)).toBe(
      'copy: 50 %, 20 MB, 4 MB/s, 25s elapsed, about 5s left',
    );
  });
});
